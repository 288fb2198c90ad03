/** Workers and edges that joined from elsewhere: new credentials, and the end of membership. */
import {
  type Column,
  ConfirmDialog,
  DataGrid,
  EmptyState,
  IconServer,
  type ListSearch,
  NothingMatches,
  PageHead,
  RowButton,
  Time,
  Toolbar,
  unwrap,
  useListScreen,
} from '@freehold/ui-kit';
import { Badge, Group, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import { deleteV1FleetProcessesId, type Process, postV1FleetProcessesIdRotate } from '../api';
import { operatorClient as client } from '../app/clients';
import { useWords } from '../words';
import { processesQuery } from './queries';
import { useFleetAction } from './useFleetAction';

const route = getRouteApi('/_app/fleet/processes');
const COLORS: Readonly<Record<string, string>> = { connected: 'evergreen', disconnected: 'orange', revoked: 'gray' };

function useColumns(): Column<Process>[] {
  const word = useWords();
  return useMemo(() => {
    const states: Readonly<Record<string, string>> = {
      connected: word('process.connected'),
      disconnected: word('process.disconnected'),
      revoked: word('process.revoked'),
    };
    return [
      {
        id: 'name',
        label: word('name'),
        sortable: true,
        cell: (process) => (
          <>
            <Text size="sm" fw={500}>
              {process.name}
            </Text>
            <Text size="xs" c="dimmed">
              {process.role} · {process.region}
            </Text>
          </>
        ),
      },
      {
        id: 'state',
        label: word('state'),
        cell: (process) => (
          <Badge color={COLORS[process.state] ?? 'gray'}>{states[process.state] ?? process.state}</Badge>
        ),
      },
      { id: 'address', label: word('process.address'), wideOnly: true, cell: (process) => process.address ?? '–' },
      {
        id: 'seen_at',
        label: word('process.seen'),
        sortable: true,
        wideOnly: true,
        cell: (process) => <Time at={process.seen_at} />,
      },
    ];
  }, [word]);
}

export function ProcessList() {
  const word = useWords();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const { onSearch, onFilter, clear, filtered } = useListScreen<ListSearch>(search, navigate);
  const list = useQuery(processesQuery(search));
  const columns = useColumns();
  const [ending, setEnding] = useState<Process | null>(null);
  const rotate = useFleetAction({
    act: (process: Process) => unwrap(postV1FleetProcessesIdRotate({ client, path: { id: process.id } })),
    done: (process) => word('process.rotate.done', { name: process.name }),
  });
  const end = useFleetAction({
    act: (process: Process) => unwrap(deleteV1FleetProcessesId({ client, path: { id: process.id } })),
    done: (process) => word('process.end.done', { name: process.name }),
  });
  const none = (
    <EmptyState icon={<IconServer size={28} />} title={word('processes.none.title')}>
      {word('processes.none')}
    </EmptyState>
  );
  return (
    <>
      <PageHead title={word('processes')} lead={word('processes.lead')} />
      <DataGrid
        label={word('processes')}
        columns={columns}
        page={list.data}
        error={list.error}
        busy={list.isFetching}
        onRetry={() => void list.refetch()}
        rowId={(process) => process.id}
        rowName={(process) => process.name}
        search={search}
        onSearch={onSearch}
        empty={filtered ? <NothingMatches onClear={clear} /> : none}
        toolbar={<Toolbar q={search.q} onQuery={(q) => onFilter({ q })} filtered={filtered} onClear={clear} />}
        actions={(process) =>
          process.state === 'revoked' ? null : (
            <Group gap={4} justify="flex-end" wrap="nowrap">
              {process.state === 'connected' && (
                <RowButton label={word('process.rotate')} of={process.name} onClick={() => rotate.mutate(process)} />
              )}
              <RowButton label={word('process.end')} of={process.name} onClick={() => setEnding(process)} />
            </Group>
          )
        }
      />
      <ConfirmDialog
        opened={ending !== null}
        onClose={() => setEnding(null)}
        title={word('process.end.ask', { name: ending?.name ?? '' })}
        confirm={word('process.end')}
        typed={ending?.name}
        busy={end.isPending}
        onConfirm={() => ending && void end.mutateAsync(ending).finally(() => setEnding(null))}
      >
        {word('process.end.meaning')}
      </ConfirmDialog>
    </>
  );
}
