/** The people of the account. */
import { type ListSearch, unwrap } from '@freehold/ui-kit';
import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { getV1AccountMembers } from '../api';
import { PAGE_ROWS } from '../app/queries';

/** Every page of them. */
export const MEMBERS = ['account', 'members'] as const;

export const membersQuery = ({ page }: ListSearch) =>
  queryOptions({
    queryKey: [...MEMBERS, page],
    placeholderData: keepPreviousData,
    queryFn: () => unwrap(getV1AccountMembers({ query: { page: page ?? 1, page_size: PAGE_ROWS } })),
  });
