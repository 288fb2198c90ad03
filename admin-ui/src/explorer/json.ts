/** Where a text stops being JSON. Browsers say it each in their own way, or not at all. */

export interface JsonProblem {
  line: number;
  column: number;
  /** The character that does not fit; empty where the text ends too early. */
  found: string;
}

export type ReadJson = { value: unknown; problem: null } | { value: undefined; problem: JsonProblem };

export function readJson(text: string): ReadJson {
  try {
    return { value: JSON.parse(text), problem: null };
  } catch {
    return { value: undefined, problem: placeOf(text, misfit(text)) };
  }
}

function placeOf(text: string, offset: number): JsonProblem {
  const before = text.slice(0, offset).split('\n');
  const found = String.fromCodePoint(...[text.codePointAt(offset)].filter((code) => code !== undefined));
  return { line: before.length, column: [...(before.at(-1) ?? '')].length + 1, found };
}

const BLANK = /[ \t\n\r]*/y;
const WORD = /(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)/y;
const STRING_INSIDE = /"(?:[^"\\\p{Cc}]|\x7f|[\x80-\x9f]|\\(?:["\\/bfnrt]|u[\da-fA-F]{4}))*/uy;

/** What may come next: a value, a name, what follows either of them, or nothing more. */
type Wanted = 'value' | 'value or ]' | 'name' | 'name or }' | ':' | 'next';

/** Where a pattern ends that begins at an offset; the offset itself where it does not. */
function after(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : at;
}

/** The offset of the first character that no JSON has there. */
function misfit(text: string): number {
  const open: string[] = [];
  let wanted: Wanted = 'value';
  let at = after(BLANK, text, 0);
  while (at < text.length) {
    const step = stepOver(text, at, wanted, open);
    if (step.misfit) return step.at;
    wanted = step.wanted;
    at = after(BLANK, text, step.at);
  }
  return at;
}

interface Step {
  at: number;
  wanted: Wanted;
  misfit: boolean;
}

/** One token further. `open` is what is still to be closed, innermost last. */
function stepOver(text: string, at: number, wanted: Wanted, open: string[]): Step {
  const mark = text[at] ?? '';
  const go = (next: Wanted, to = at + 1): Step => ({ at: to, wanted: next, misfit: false });
  const stop = (where = at): Step => ({ at: where, wanted, misfit: true });
  const closes = (mark === '}' && open.at(-1) === '{') || (mark === ']' && open.at(-1) === '[');
  if (closes && (wanted === 'next' || wanted.endsWith(mark))) {
    open.pop();
    return go('next');
  }
  if (wanted === ':') return mark === ':' ? go('value') : stop();
  if (wanted === 'next') {
    if (mark !== ',' || open.length === 0) return stop();
    return go(open.at(-1) === '{' ? 'name' : 'value');
  }
  if (mark === '"') {
    const end = after(STRING_INSIDE, text, at);
    if (text[end] !== '"') return stop(end);
    return go(wanted.startsWith('name') ? ':' : 'next', end + 1);
  }
  if (wanted.startsWith('name')) return stop();
  if (mark === '{' || mark === '[') {
    open.push(mark);
    return go(mark === '{' ? 'name or }' : 'value or ]');
  }
  const end = after(WORD, text, at);
  return end === at ? stop() : go('next', end);
}
