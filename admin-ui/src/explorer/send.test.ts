/** Answers are cut between characters, and only where they are too long. */
import { expect, it } from 'vitest';
import { cut, SHOWN_BYTES_MAX } from './send';

it('leaves what fits', () => {
  const text = 'é'.repeat(SHOWN_BYTES_MAX / 2);
  expect(cut(text)).toEqual({ text, isCut: false });
});

it('cuts between characters', () => {
  const long = cut(`a${'😀'.repeat(SHOWN_BYTES_MAX / 4)}`);
  expect(long.isCut).toBe(true);
  expect(new TextEncoder().encode(long.text).length).toBe(SHOWN_BYTES_MAX - 3);
  expect(long.text.endsWith('😀')).toBe(true);
});
