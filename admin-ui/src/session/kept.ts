/**
 * Where the session on a site is kept: in its tab's own storage, which ends with the tab. What is
 * kept for the whole browser stays on the disk, for whoever opens the computer next.
 */
import type { Session, User } from '../api';
import { randomKey } from '../posts/randomKey';
import { enterPresence, leavePresence } from './presence';

const STORED = 'freehold.admin.session';

export interface Kept {
  /** The same in every tab that goes on with this session, whatever its tokens are by then. */
  id: string;
  access: string;
  refresh: string;
  endsAt: number;
  user: User;
}

export function keptSession(): Kept | null {
  try {
    return JSON.parse(sessionStorage.getItem(STORED) ?? 'null') as Kept | null;
  } catch {
    return null;
  }
}

export function store(kept: Kept): void {
  enterPresence();
  sessionStorage.setItem(STORED, JSON.stringify(kept));
}

export function drop(): void {
  leavePresence();
  sessionStorage.removeItem(STORED);
}

/** Keeps what signing in or a refresh answered; a refresh goes on with the session that it names. */
export function keepSession({ access_token, refresh_token, expires_in, user }: Session, id = randomKey()): Kept {
  const endsAt = Date.now() + expires_in * 1000;
  const kept = { id, access: access_token, refresh: refresh_token, endsAt, user };
  store(kept);
  return kept;
}
