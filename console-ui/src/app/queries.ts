/** What is asked of the control API, with the keys under which answers are kept. */
import { type ListSearch, unwrap } from '@freehold/ui-kit';
import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { getV1Operations, getV1OperationsId, getV1Sites, getV1SitesId, type Operation, type Site } from '../api';

export const PAGE_ROWS = 20;

export interface SiteSearch extends ListSearch {
  state?: Site['state'];
}

export interface OperationSearch extends ListSearch {
  state?: Operation['state'];
  kind?: Operation['kind'];
  site?: string;
}

/** The part of a query that every list shares. */
export const paging = ({ q, page, sort }: ListSearch) => ({ q, page: page ?? 1, sort, page_size: PAGE_ROWS });

export const sitesQuery = (search: SiteSearch) =>
  queryOptions({
    queryKey: ['sites', search],
    placeholderData: keepPreviousData,
    queryFn: () => unwrap(getV1Sites({ query: { ...paging(search), state: search.state } })),
  });

/** How often a site's health is asked for while somebody looks at it. */
const HEALTH_MS = 30_000;

export const siteQuery = (id: string) =>
  queryOptions({
    queryKey: ['site', id],
    refetchInterval: HEALTH_MS,
    queryFn: () => unwrap(getV1SitesId({ path: { id } })),
  });

export const operationsQuery = ({ site, kind, state, ...search }: OperationSearch, rows = PAGE_ROWS) =>
  queryOptions({
    queryKey: ['operations', 'list', { ...search, site, kind, state, rows }],
    placeholderData: keepPreviousData,
    queryFn: () => {
      const { q: _none, ...query } = paging(search);
      return unwrap(getV1Operations({ query: { ...query, site_id: site, kind, state, page_size: rows } }));
    },
  });

export const operationQuery = (id: string) =>
  queryOptions({ queryKey: ['operations', 'one', id], queryFn: () => unwrap(getV1OperationsId({ path: { id } })) });
