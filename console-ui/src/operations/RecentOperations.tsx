/** The job drawer of the console: the account's newest operations, live while they run. */
import { AppLink, JobDrawer } from '@freehold/ui-kit';
import { useQueries, useQuery } from '@tanstack/react-query';
import type { Operation } from '../api';
import { operationQuery, operationsQuery } from '../app/queries';
import { useFollowed } from './useFollowed';
import { useOperationWords } from './words';

const SHOWN = 10;

export function RecentOperations() {
  const words = useOperationWords();
  const list = useQuery(operationsQuery({}, SHOWN));
  const items = list.data?.items ?? [];
  const running = items.filter((operation) => operation.state === 'running').map((operation) => operation.id);
  useFollowed(running.join(' '));
  const live = useQueries({ queries: running.map((id) => ({ ...operationQuery(id), enabled: false })) });
  const newest = new Map(live.flatMap(({ data }) => (data ? [[data.id, data] as const] : [])));
  const jobs = list.data && items.map((operation) => newest.get(operation.id) ?? operation);
  return (
    <JobDrawer
      jobs={jobs}
      error={list.error}
      onRetry={() => void list.refetch()}
      stepName={words.step}
      title={(job) => {
        const operation = job as Operation;
        return <AppLink href={`/sites/${operation.site_id}`}>{words.kind(operation.kind)}</AppLink>;
      }}
    />
  );
}
