/** A site's domains as they are asked for; looked at again while something is still to come. */
import { unwrap } from '@freehold/ui-kit';
import { queryOptions } from '@tanstack/react-query';
import { getV1SitesIdDomains } from '../api';

/** More than a site may have: the list is never paged. */
const ROWS_MAX = 100;
const WAITING_REFETCH_MS = 10_000;

export const domainsQuery = (siteId: string) =>
  queryOptions({
    queryKey: ['domains', siteId],
    queryFn: () => unwrap(getV1SitesIdDomains({ path: { id: siteId }, query: { page_size: ROWS_MAX } })),
    refetchInterval: ({ state }) =>
      state.data?.items.some((domain) => domain.state !== 'active') ? WAITING_REFETCH_MS : false,
  });
