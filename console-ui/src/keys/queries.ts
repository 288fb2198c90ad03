/** The keys of the account. */
import { type ListSearch, unwrap } from '@freehold/ui-kit';
import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { getV1AccountKeys } from '../api';
import { PAGE_ROWS } from '../app/queries';

export const keysQuery = ({ page }: ListSearch) =>
  queryOptions({
    queryKey: ['account', 'keys', page],
    placeholderData: keepPreviousData,
    queryFn: () => unwrap(getV1AccountKeys({ query: { page: page ?? 1, page_size: PAGE_ROWS } })),
  });
