/** The lesser role that this tab looks at the site as, for previews: each call then says so. */
import type { Role } from '../api';

const STORED = 'freehold.admin.view_as';

export function viewedAs(): Role | null {
  return sessionStorage.getItem(STORED) as Role | null;
}

/** Looks as somebody of a role, or as oneself again, from the start: nothing seen before is right. */
export function viewAs(role: Role | null): void {
  if (role) sessionStorage.setItem(STORED, role);
  else sessionStorage.removeItem(STORED);
  location.assign('/');
}

/** Forgets the preview with the session that it belonged to. */
export function forgetView(): void {
  sessionStorage.removeItem(STORED);
}
