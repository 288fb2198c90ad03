/** Recognises key chords such as `g s`, and leaves alone whoever is typing or in a dialog. */

const CHORD_MS_MAX = 1_200;

function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  return target.isContentEditable || target.closest('input, textarea, select, [role="dialog"], [role="menu"]') !== null;
}

/** Makes a key handler that calls `run` with the chord that was completed. */
export function chordHandler(chords: () => readonly string[], run: (chord: string) => void) {
  let begun = '';
  let since = 0;
  return (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || isTyping(event.target)) return;
    if (event.key.length !== 1) return;
    const now = Date.now();
    const pressed = begun && now - since < CHORD_MS_MAX ? `${begun} ${event.key}` : event.key;
    const known = chords();
    if (known.includes(pressed)) {
      event.preventDefault();
      begun = '';
      run(pressed);
      return;
    }
    begun = known.some((chord) => chord.startsWith(`${event.key} `)) ? event.key : '';
    since = now;
  };
}
