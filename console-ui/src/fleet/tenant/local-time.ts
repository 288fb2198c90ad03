/** Moments as fields for date and time hold them: in the viewer's zone, to the second. */

const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;

/** The second in which a moment is, as a field's text. */
export function localTime(ms: number): string {
  const shifted = ms - new Date(ms).getTimezoneOffset() * MINUTE_MS;
  return new Date(shifted).toISOString().slice(0, 'yyyy-mm-ddThh:mm:ss'.length);
}

/** The first whole second that is later. */
export function secondAfter(ms: number): number {
  return (Math.floor(ms / SECOND_MS) + 1) * SECOND_MS;
}
