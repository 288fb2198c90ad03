/** What is asked of one tenant: its facts, its operations, and its work, which its worker tells. */
import { unwrap } from '@freehold/ui-kit';
import { infiniteQueryOptions, keepPreviousData, queryOptions } from '@tanstack/react-query';
import {
  getV1FleetOperations,
  getV1FleetTenantsId,
  getV1FleetTenantsIdEvents,
  getV1FleetTenantsIdJobs,
  getV1FleetTenantsIdWork,
  getV1FleetWorkers,
} from '../../api';
import { operatorClient as client } from '../../app/clients';
import type { JobState } from './search';

const ROWS = '25';
const OPERATIONS = 5;
const WORKERS_MAX = 100;
/** How often work is looked at while somebody does. */
const WORK_MS = 5_000;
const TENANT_MS = 30_000;
const RUNNING_MS = 1_000;

/** More than one page would move under whoever reads it. */
const whileShort = ({ state }: { state: { data?: { pages: unknown[] } } }) =>
  (state.data?.pages.length ?? 1) > 1 ? false : WORK_MS;

export const tenantQuery = (id: string) =>
  queryOptions({
    queryKey: ['fleet', 'tenant', id, 'facts'],
    refetchInterval: TENANT_MS,
    queryFn: () => unwrap(getV1FleetTenantsId({ client, path: { id } })),
  });

export const workQuery = (id: string) =>
  queryOptions({
    queryKey: ['fleet', 'tenant', id, 'work'],
    refetchInterval: WORK_MS,
    queryFn: () => unwrap(getV1FleetTenantsIdWork({ client, path: { id } })),
  });

export const jobsQuery = (id: string, state: JobState | undefined) =>
  infiniteQueryOptions({
    queryKey: ['fleet', 'tenant', id, 'jobs', state ?? ''],
    initialPageParam: undefined as string | undefined,
    placeholderData: keepPreviousData,
    refetchInterval: whileShort,
    queryFn: ({ pageParam: before }) =>
      unwrap(getV1FleetTenantsIdJobs({ client, path: { id }, query: { state, before, limit: ROWS } })),
    getNextPageParam: ({ next }) => next ?? undefined,
  });

export const eventsQuery = (id: string) =>
  infiniteQueryOptions({
    queryKey: ['fleet', 'tenant', id, 'events'],
    initialPageParam: undefined as string | undefined,
    refetchInterval: whileShort,
    queryFn: ({ pageParam: before }) =>
      unwrap(getV1FleetTenantsIdEvents({ client, path: { id }, query: { before, limit: ROWS } })),
    getNextPageParam: ({ next }) => next ?? undefined,
  });

/** The newest operations of a tenant; asked often while one runs, or is about to. */
export const tenantOperationsQuery = (id: string, isChanging: boolean) =>
  queryOptions({
    queryKey: ['fleet', 'tenant', id, 'operations'],
    refetchInterval: ({ state }) =>
      isChanging || state.data?.items.some((operation) => operation.state === 'running') ? RUNNING_MS : false,
    queryFn: () =>
      unwrap(
        getV1FleetOperations({
          client,
          query: { site_id: id, page: 1, page_size: OPERATIONS, sort: '-created_at', skip_total: true },
        }),
      ),
  });

/** The Postgres databases of one worker. */
export const databasesQuery = (worker: string) =>
  queryOptions({
    queryKey: ['fleet', 'workers', 'databases'],
    queryFn: () => unwrap(getV1FleetWorkers({ client, query: { page: 1, page_size: WORKERS_MAX } })),
    select: ({ items }) => items.find((known) => known.id === worker)?.databases ?? [],
  });
