/**
 * The session on a site, as this tab uses it: an access token for a quarter of an hour, and a
 * refresh token that works once, so a refresh is done by one tab at a time.
 */
import { unwrap } from '@freehold/ui-kit';
import { postApiV1AuthRefresh } from '../api';
import { drop, type Kept, keepSession, keptSession } from './kept';
import { enterPresence } from './presence';
import { askTabs, tellEnded, tellRefreshed } from './tabs';
import { forgetView } from './viewAs';

export { keepSession, keptSession };

const LOCK = 'freehold.admin.refresh';
/** Refreshed this long before the access token ends, so that no request meets its end. */
const MARGIN_MS = 30_000;

/** The session of this tab, or else of another one. */
export async function findSession(): Promise<Kept | null> {
  if (!keptSession()) await askTabs();
  const kept = keptSession();
  // After loading the page anew it is there from before.
  if (kept) enterPresence();
  return kept;
}

/** Ends the session in every tab that goes on with it. */
export function forgetSession(): void {
  forgetView();
  const kept = keptSession();
  drop();
  if (kept) tellEnded(kept.id);
}

const isFresh = (kept: Kept) => kept.endsAt - MARGIN_MS > Date.now();

async function refresh(): Promise<string | undefined> {
  // Another tab may have refreshed while this one waited for its turn, and its word be on the way.
  await askTabs();
  const kept = keptSession();
  if (!kept || isFresh(kept)) return kept?.access;
  const session = await unwrap(postApiV1AuthRefresh({ body: { refresh_token: kept.refresh } }));
  // Signed out meanwhile, in whatever tab: the answer must not bring the session back.
  if (keptSession()?.id !== kept.id) return undefined;
  const renewed = keepSession(session, kept.id);
  tellRefreshed(renewed);
  return renewed.access;
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
