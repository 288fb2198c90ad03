/**
 * Which tabs have a session, told by a lock that each of them shares: a new tab waits for an answer where
 * there is one to come, and not at all where there is none.
 */

const PRESENT = 'freehold.admin.present';
/** Where locks do not exist nobody can say whether an answer comes. */
const UNSURE_MS_MAX = 150;
/** A tab that is busy answers late; one that is frozen never does. */
const BUSY_MS_MAX = 3_000;

let isPresent = false;
let leave: (() => void) | null = null;

/** Says that this tab has a session. */
export function enterPresence(): void {
  if (isPresent || !navigator.locks) return;
  isPresent = true;
  const held = () =>
    new Promise<void>((resolve) => {
      if (!isPresent) resolve();
      leave = resolve;
    });
  void navigator.locks.request(PRESENT, { mode: 'shared' }, held);
}

/** Says that it has none any more. */
export function leavePresence(): void {
  isPresent = false;
  leave?.();
  leave = null;
}

/** How many other tabs have a session, as far as that can be known, and how long to wait for them. */
export async function others(): Promise<{ count: number; waitMs: number }> {
  if (!navigator.locks) return { count: Number.POSITIVE_INFINITY, waitMs: UNSURE_MS_MAX };
  const { held = [] } = await navigator.locks.query();
  const count = held.filter(({ name }) => name === PRESENT).length - (isPresent ? 1 : 0);
  return { count, waitMs: BUSY_MS_MAX };
}
