/**
 * Ties a list to its address: what to change when searching, and how to get back to everything. Keeps
 * how the list was left, for those who come back.
 */
import { useMatch, useRouter } from '@tanstack/react-router';
import { useCallback, useEffect } from 'react';
import { keepList } from './kept-lists';
import type { ListSearch } from './types';

type Change<Search> = (change: Partial<Search>) => void;

interface ListScreen<Search> {
  onSearch: Change<Search>;
  /** Changes a filter and goes back to the first page. */
  onFilter: Change<Search>;
  clear: () => void;
  filtered: boolean;
}

/** By the list's own route: while one leaves, the address is another screen's already. */
function useKeepList(search: ListSearch): void {
  const router = useRouter();
  const path = useMatch({ strict: false, shouldThrow: false, select: (match) => match.pathname });
  const query = router.options.stringifySearch(search);
  useEffect(() => {
    if (path) keepList(path, query);
  }, [path, query]);
}

/** `navigate` is the screen's own; filters are all keys but the page and the order. */
export function useListScreen<Search extends ListSearch>(
  search: Search,
  navigate: (to: { search: Search; replace: boolean }) => unknown,
): ListScreen<Search> {
  useKeepList(search);
  const go = useCallback((next: Search, replace: boolean) => void navigate({ search: next, replace }), [navigate]);
  const onSearch = useCallback<Change<Search>>((change) => go({ ...search, ...change }, false), [search, go]);
  const onFilter = useCallback<Change<Search>>(
    (change) => go({ ...search, ...change, page: undefined }, true),
    [search, go],
  );
  const clear = useCallback(() => go({ sort: search.sort } as Search, false), [search.sort, go]);
  const { page: _page, sort: _sort, ...filters } = search;
  const filtered = Object.values(filters).some((value) => value !== undefined && value !== '');
  return { onSearch, onFilter, clear, filtered };
}
