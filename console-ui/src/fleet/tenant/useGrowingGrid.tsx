/** What a grid needs of a list that goes on from its last row, other than its columns. */
import { MoreFooter } from '@freehold/ui-kit';
import type { InfiniteData, UseInfiniteQueryResult } from '@tanstack/react-query';
import { useMemo } from 'react';

export function useGrowingGrid<Row>(list: UseInfiniteQueryResult<InfiniteData<{ items: Row[] }>>) {
  const items = useMemo(() => list.data?.pages.flatMap((page) => page.items), [list.data]);
  return {
    page: items && { items, page_size: items.length || 1 },
    error: list.error,
    busy: list.isFetching,
    onRetry: () => void list.refetch(),
    search: {},
    onSearch: () => {},
    foot: items && (
      <MoreFooter
        shown={items.length}
        hasMore={list.hasNextPage}
        busy={list.isFetchingNextPage}
        onMore={() => void list.fetchNextPage()}
      />
    ),
  };
}
