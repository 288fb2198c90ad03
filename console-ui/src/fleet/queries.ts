/** What operators ask of the fleet; every call carries the operator's token. */
import { type ListSearch, unwrap } from '@freehold/ui-kit';
import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import {
  getV1FleetJoinTokens,
  getV1FleetOperations,
  getV1FleetProcesses,
  getV1FleetTenants,
  getV1FleetWorkers,
} from '../api';
import { operatorClient as client } from '../app/clients';
import { type OperationSearch, paging, type SiteSearch } from '../app/queries';

function fleetList<Found>(name: string, search: object, ask: () => Promise<Found>) {
  return queryOptions({ queryKey: ['fleet', name, search], placeholderData: keepPreviousData, queryFn: ask });
}

export const workersQuery = (search: ListSearch) =>
  fleetList('workers', search, () => {
    const { page, page_size } = paging(search);
    return unwrap(getV1FleetWorkers({ client, query: { page, page_size } }));
  });

export const tenantsQuery = (search: SiteSearch) =>
  fleetList('tenants', search, () =>
    unwrap(getV1FleetTenants({ client, query: { ...paging(search), state: search.state } })),
  );

export const processesQuery = (search: ListSearch) =>
  fleetList('processes', search, () => unwrap(getV1FleetProcesses({ client, query: paging(search) })));

export const tokensQuery = (search: ListSearch) =>
  fleetList('tokens', search, () => {
    const { q: _none, ...query } = paging(search);
    return unwrap(getV1FleetJoinTokens({ client, query }));
  });

export const fleetOperationsQuery = (search: OperationSearch) =>
  fleetList('operations', search, () => {
    const { q: _none, ...query } = paging(search);
    return unwrap(getV1FleetOperations({ client, query: { ...query, kind: search.kind, state: search.state } }));
  });
