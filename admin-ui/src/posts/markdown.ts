/**
 * Whether the visual editor can hold a Markdown text without losing anything. What it has no
 * counterpart for (tables, HTML, images, task lists, footnotes) is edited as text instead.
 */
import { lexer, type Token } from 'marked';

const HELD: ReadonlySet<string> = new Set([
  'blockquote',
  'br',
  'code',
  'codespan',
  'del',
  'em',
  'escape',
  'heading',
  'hr',
  'link',
  'list',
  'list_item',
  'paragraph',
  'space',
  'strong',
  'text',
]);
const FOOTNOTE = /\[\^[^\]]+\]/;

function isHeld(token: Token): boolean {
  if (!HELD.has(token.type) || ('task' in token && token.task)) return false;
  if (token.type === 'text' && FOOTNOTE.test(token.raw)) return false;
  const inner: Token[] = [...('tokens' in token ? (token.tokens ?? []) : []), ...('items' in token ? token.items : [])];
  return inner.every(isHeld);
}

export function isHeldByVisualEditor(markdown: string): boolean {
  const tokens = lexer(markdown);
  // Definitions of reference links are collected aside; the visual editor would write them out.
  return Object.keys(tokens.links).length === 0 && tokens.every(isHeld);
}
