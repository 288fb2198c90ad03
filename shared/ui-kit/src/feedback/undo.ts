/**
 * What can be undone at the moment, the newest last: each by its button, and the newest by Ctrl/⌘ Z,
 * which is left to whoever is typing.
 */

interface Undoable {
  id: string;
  run: () => void;
}

let undoables: readonly Undoable[] = [];

const isTyping = (target: EventTarget | null) =>
  target instanceof HTMLElement && (target.isContentEditable || target.closest('input, textarea, select') !== null);

function onKey(event: KeyboardEvent): void {
  const isUndo = (event.ctrlKey || event.metaKey) && !event.shiftKey && !event.altKey && event.key === 'z';
  const newest = undoables.at(-1);
  if (!isUndo || !newest || event.defaultPrevented || isTyping(event.target)) return;
  event.preventDefault();
  newest.run();
}

/** Lets something be undone until it is forgotten. */
export function offerUndo(undoable: Undoable): void {
  if (undoables.length === 0) document.addEventListener('keydown', onKey);
  undoables = [...undoables, undoable];
}

/** Says that it was undone, or cannot be any more. */
export function forgetUndo(id: string): void {
  undoables = undoables.filter((undoable) => undoable.id !== id);
  if (undoables.length === 0) document.removeEventListener('keydown', onKey);
}
