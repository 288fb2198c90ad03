/** Ties a list to its address: what to change when searching, and how to get back to everything. */
import { useCallback } from 'react';
import type { ListSearch } from './types';

type Change<Search> = (change: Partial<Search>) => void;

interface ListScreen<Search> {
  onSearch: Change<Search>;
  /** Changes a filter and goes back to the first page. */
  onFilter: Change<Search>;
  clear: () => void;
  filtered: boolean;
}

/** `navigate` is the screen's own; filters are all keys but the page and the order. */
export function useListScreen<Search extends ListSearch>(
  search: Search,
  navigate: (to: { search: Search; replace: boolean }) => unknown,
): ListScreen<Search> {
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
