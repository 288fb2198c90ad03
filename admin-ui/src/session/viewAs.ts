/** The lesser role that this tab looks at the site as, for previews: each call then says so. */
const STORED = 'freehold.admin.view_as';

export function viewedAs(): string | null {
  return sessionStorage.getItem(STORED);
}

/** Looks as somebody of a role, or as oneself again, from the start: nothing seen before is right. */
export function viewAs(role: string | null): void {
  if (role) sessionStorage.setItem(STORED, role);
  else sessionStorage.removeItem(STORED);
  location.assign('/');
}

/** Forgets the preview with the session that it belonged to. */
export function forgetView(): void {
  sessionStorage.removeItem(STORED);
}
