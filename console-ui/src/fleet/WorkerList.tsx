/** The workers with their load. A cordoned worker keeps its sites and gets no new ones. */
import {
  type Column,
  DataGrid,
  EmptyState,
  IconServer,
  type ListSearch,
  PageHead,
  RowButton,
  Time,
  unwrap,
  useListScreen,
  useNumbers,
} from '@freehold/ui-kit';
import { Badge, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useMemo } from 'react';
import type { Worker } from '../api';
import { postV1FleetWorkersIdCordon, postV1FleetWorkersIdUncordon } from '../api';
import { operatorClient as client } from '../app/clients';
import { useWords } from '../words';
import { workersQuery } from './queries';
import { useFleetAction } from './useFleetAction';

const route = getRouteApi('/_app/fleet/workers');
const STATES = {
  ready: { key: 'worker.ready', color: 'evergreen' },
  cordoned: { key: 'worker.cordoned', color: 'orange' },
  unreachable: { key: 'worker.unreachable', color: 'red' },
} as const;

function useColumns(): Column<Worker>[] {
  const word = useWords();
  const { count, bytes } = useNumbers();
  return useMemo(
    () => [
      {
        id: 'name',
        label: word('name'),
        cell: (worker) => (
          <>
            <Text size="sm" fw={500}>
              {worker.name}
            </Text>
            <Text size="xs" c="dimmed">
              {worker.region}
            </Text>
          </>
        ),
      },
      {
        id: 'state',
        label: word('state'),
        cell: (worker) => <Badge color={STATES[worker.state].color}>{word(STATES[worker.state].key)}</Badge>,
      },
      { id: 'placed', label: word('worker.placed'), align: 'right', cell: (worker) => count(worker.tenants_placed) },
      {
        id: 'open',
        label: word('worker.open'),
        align: 'right',
        wideOnly: true,
        cell: (worker) => (worker.tenants_open == null ? '–' : count(worker.tenants_open)),
      },
      {
        id: 'disk',
        label: word('worker.disk'),
        align: 'right',
        wideOnly: true,
        cell: (worker) => (worker.disk_free_bytes == null ? '–' : bytes(worker.disk_free_bytes)),
      },
      { id: 'joined_at', label: word('joined'), wideOnly: true, cell: (worker) => <Time at={worker.joined_at} /> },
    ],
    [word, count, bytes],
  );
}

export function WorkerList() {
  const word = useWords();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const { onSearch } = useListScreen<Pick<ListSearch, 'page'>>(search, navigate);
  const list = useQuery(workersQuery(search));
  const columns = useColumns();
  const cordon = useFleetAction({
    act: (worker: Worker) => unwrap(postV1FleetWorkersIdCordon({ client, path: { id: worker.id } })),
    done: (worker) => word('worker.cordon.done', { name: worker.name }),
  });
  const uncordon = useFleetAction({
    act: (worker: Worker) => unwrap(postV1FleetWorkersIdUncordon({ client, path: { id: worker.id } })),
    done: (worker) => word('worker.uncordon.done', { name: worker.name }),
  });
  return (
    <>
      <PageHead title={word('workers')} lead={word('workers.lead')} />
      <DataGrid
        label={word('workers')}
        columns={columns}
        page={list.data}
        error={list.error}
        busy={list.isFetching}
        onRetry={() => void list.refetch()}
        rowId={(worker) => worker.id}
        rowName={(worker) => worker.name}
        search={search}
        onSearch={onSearch}
        empty={
          <EmptyState icon={<IconServer size={28} />} title={word('workers.none.title')}>
            {word('workers.none')}
          </EmptyState>
        }
        actions={(worker) => {
          const action = worker.state === 'cordoned' ? uncordon : cordon;
          const label = worker.state === 'cordoned' ? word('worker.uncordon') : word('worker.cordon');
          return (
            <RowButton
              label={label}
              of={worker.name}
              busy={action.isPending && action.variables?.id === worker.id}
              onClick={() => action.mutate(worker)}
            />
          );
        }}
      />
    </>
  );
}
