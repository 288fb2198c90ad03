/** What is asked of the site's users. */
import { type ListSearch, unwrap } from '@freehold/ui-kit';
import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { getApiV1AdminUsers, type UserStatus } from '../api';

const PAGE_ROWS = 20;

export interface UserSearch extends ListSearch {
  role?: string;
  status?: UserStatus;
}

export const usersQuery = ({ q, page, sort, role, status }: UserSearch) =>
  queryOptions({
    queryKey: ['users', { q, page, sort, role, status }],
    placeholderData: keepPreviousData,
    queryFn: () =>
      unwrap(getApiV1AdminUsers({ query: { q, page: page ?? 1, sort, page_size: PAGE_ROWS, role, status } })),
  });
