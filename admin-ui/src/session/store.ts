/**
 * The session on a site, as this browser keeps it: an access token for a quarter of an hour, and a
 * refresh token that works once. All tabs share it, so a refresh is done by one tab at a time.
 */
import { unwrap } from '@freehold/ui-kit';
import { postApiV1AuthRefresh, type Session, type User } from '../api';

const STORED = 'freehold.admin.session';
const LOCK = 'freehold.admin.refresh';
/** Refreshed this long before the access token ends, so that no request meets its end. */
const MARGIN_MS = 30_000;

interface Kept {
  access: string;
  refresh: string;
  endsAt: number;
  user: User;
}

export function keptSession(): Kept | null {
  try {
    return JSON.parse(localStorage.getItem(STORED) ?? 'null') as Kept | null;
  } catch {
    return null;
  }
}

export function keepSession({ access_token, refresh_token, expires_in, user }: Session): void {
  const kept: Kept = { access: access_token, refresh: refresh_token, endsAt: Date.now() + expires_in * 1000, user };
  localStorage.setItem(STORED, JSON.stringify(kept));
}

export function forgetSession(): void {
  localStorage.removeItem(STORED);
}

const isFresh = (kept: Kept) => kept.endsAt - MARGIN_MS > Date.now();

async function refresh(): Promise<string | undefined> {
  // Another tab may have refreshed while this one waited for its turn.
  const kept = keptSession();
  if (!kept || isFresh(kept)) return kept?.access;
  keepSession(await unwrap(postApiV1AuthRefresh({ body: { refresh_token: kept.refresh } })));
  return keptSession()?.access;
}

let inThisTab: Promise<string | undefined> | null = null;

/** An access token that still works, or none when nobody is signed in. */
export async function accessToken(): Promise<string | undefined> {
  const kept = keptSession();
  if (!kept || isFresh(kept)) return kept?.access;
  // Locks exist on secure origins only; elsewhere tabs are on their own.
  const turn = () => (navigator.locks ? navigator.locks.request(LOCK, refresh) : refresh());
  inThisTab ??= Promise.resolve(turn()).finally(() => {
    inThisTab = null;
  });
  return inThisTab;
}

interface Claims {
  iss?: string;
}

/** The site's public address: who issued the access token. */
export function siteOrigin(): string {
  const part = keptSession()?.access.split('.')[1] ?? '';
  try {
    const claims = JSON.parse(atob(part.replace(/-/g, '+').replace(/_/g, '/'))) as Claims;
    return claims.iss ?? '';
  } catch {
    return '';
  }
}
