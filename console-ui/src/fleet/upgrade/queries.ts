/** What the page of upgrades asks: the newest upgrade, what one would do, and what failed sites are called. */
import { asApiError, unwrap } from '@freehold/ui-kit';
import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { getV1FleetTenants, getV1FleetUpgrade, getV1FleetUpgradePlan, type Tenant, type Upgrade } from '../../api';
import { operatorClient as client } from '../../app/clients';

/** How often a running upgrade is asked after, and one that stands still. */
const RUNNING_MS = 1_000;
const RESTING_MS = 15_000;
/** As many as the API tells of. */
const FAILURES_MAX = 100;

async function newest(): Promise<Upgrade | null> {
  try {
    return await unwrap(getV1FleetUpgrade({ client }));
  } catch (error) {
    if (asApiError(error).status === 404) return null;
    throw error;
  }
}

export const upgradeQuery = queryOptions({
  queryKey: ['fleet', 'upgrade', 'newest'],
  queryFn: newest,
  refetchInterval: ({ state }) => (state.data?.state === 'running' ? RUNNING_MS : RESTING_MS),
});

/** Every worker looks at each of its stores for it, so it is asked when somebody wants it. */
export const planQuery = queryOptions({
  queryKey: ['fleet', 'upgrade', 'plan'],
  queryFn: () => unwrap(getV1FleetUpgradePlan({ client })),
});

/** The tenants with these ids, by id. */
export const namesQuery = (ids: readonly string[]) =>
  queryOptions({
    queryKey: ['fleet', 'tenants', 'named', ids],
    enabled: ids.length > 0,
    placeholderData: keepPreviousData,
    queryFn: async () => {
      const query = { page_size: FAILURES_MAX, skip_total: true, filter: { id: { $in: ids.join(',') } } };
      const { items } = await unwrap(getV1FleetTenants({ client, query }));
      return new Map<string, Tenant>(items.map((tenant) => [tenant.id, tenant]));
    },
  });
