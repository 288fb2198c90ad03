/** Lists are found again as they were left, and only they. */
import { afterEach, expect, it } from 'vitest';
import { forgetLists, keepList, keptHref } from './kept-lists';

afterEach(forgetLists);

it('leads back to a list as it was left', () => {
  keepList('/posts/', '?q=tea&page=2');
  expect(keptHref('/posts')).toBe('/posts?q=tea&page=2');
  expect(keptHref('/posts/edit')).toBe('/posts/edit');
  expect(keptHref('/')).toBe('/');
});

it('leaves an address alone that says what to show', () => {
  keepList('/posts', '?q=tea');
  expect(keptHref('/posts?page=3')).toBe('/posts?page=3');
});

it('forgets a filter that was removed, and everything when somebody else sits there', () => {
  keepList('/posts', '?q=tea');
  keepList('/posts', '');
  expect(keptHref('/posts')).toBe('/posts');
  keepList('/sites', '?state=ready');
  forgetLists();
  expect(keptHref('/sites')).toBe('/sites');
});

it('does not keep a query without end', () => {
  keepList('/posts', '?q=tea');
  keepList('/posts', `?q=${'x'.repeat(2_000)}`);
  expect(keptHref('/posts')).toBe('/posts');
});
