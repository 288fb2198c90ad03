/** The place of what is wrong in a text, for texts of every kind. */
import { expect, it } from 'vitest';
import { readJson } from './json';

const at = (text: string) => {
  const { problem } = readJson(text);
  return problem && [problem.line, problem.column, problem.found];
};

it.each<[string, [number, number, string]]>([
  ['{\n  "a": 1,\n  b: 2\n}', [3, 3, 'b']],
  ['{"a": 1,}', [1, 9, '}']],
  ['[1, 2,]', [1, 7, ']']],
  ['{"a" 1}', [1, 6, '1']],
  ['{"a": "x}', [1, 10, '']],
  ['{"a": "x\ny"}', [1, 9, '\n']],
  ['{"a": "\\q"}', [1, 8, '\\']],
  ['{"a": 01}', [1, 8, '1']],
  ["{'a': 1}", [1, 2, "'"]],
  ['{"a": 1} x', [1, 10, 'x']],
  ['[1}', [1, 3, '}']],
  ['{"a": [1, {"b": tru}]}', [1, 17, 't']],
  ['{"a": 1', [1, 8, '']],
  ['', [1, 1, '']],
  ['\n\n', [3, 1, '']],
  ['["é😀", 😀]', [1, 8, '😀']],
  ['{"a":\u00a01}', [1, 6, '\u00a0']],
])('%j', (text, place) => {
  expect(at(text)).toEqual(place);
});

it.each(['{}', ' [1, -0.5e+3, "\\u00e9\\n", null, {"a": {"b": []}}] ', '"\u007f"', 'false'])('takes %j', (text) => {
  expect(readJson(text)).toEqual({ value: JSON.parse(text), problem: null });
});
