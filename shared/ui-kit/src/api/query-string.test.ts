/** Query strings say what the API's grammar expects. */
import { expect, it } from 'vitest';
import { queryString } from './query-string';

it('nests filters in brackets and leaves absent values out', () => {
  const query = { page: 2, q: '', status: undefined, filter: { title: { $icontains: 'a b' } } };
  expect(queryString(query)).toBe('page=2&filter[title][$icontains]=a%20b');
});

it('numbers the members of groups', () => {
  expect(queryString({ filter: { $or: [{ slug: 'a' }, { slug: 'b' }] } })).toBe(
    'filter[$or][0][slug]=a&filter[$or][1][slug]=b',
  );
});
