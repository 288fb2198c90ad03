/** A tenant's events, and the way to have those of a time delivered once more. */
import { type Column, DataGrid, EmptyState, IconHistory, RowButton, Time } from '@freehold/ui-kit';
import { Button, Group, Text } from '@mantine/core';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import type { Tenant, TenantEvent } from '../../api';
import { useWords } from '../../words';
import { eventsQuery, workQuery } from './queries';
import { ReplayDialog } from './ReplayDialog';
import { useGrowingGrid } from './useGrowingGrid';

function useColumns(): Column<TenantEvent>[] {
  const word = useWords();
  return useMemo(
    () => [
      {
        id: 'name',
        label: word('event'),
        cell: (event) => (
          <>
            <Text size="sm" fw={500} className="fh-wrap">
              {event.name}
            </Text>
            <Text size="xs" c="dimmed" ff="monospace" className="fh-wrap">
              {event.id}
            </Text>
            <Text size="xs" c="dimmed" component="div" className="fh-narrow-only">
              <Time at={event.created_at} seconds />
            </Text>
          </>
        ),
      },
      {
        id: 'subject',
        label: word('event.subject'),
        wideOnly: true,
        cell: (event) => (
          <Text size="xs" ff="monospace" className="fh-wrap">
            {event.subject}
          </Text>
        ),
      },
      {
        id: 'created_at',
        label: word('event.at'),
        wideOnly: true,
        cell: (event) => <Time at={event.created_at} seconds />,
      },
    ],
    [word],
  );
}

export function EventList({ tenant }: { tenant: Tenant }) {
  const word = useWords();
  const list = useInfiniteQuery(eventsQuery(tenant.id));
  const { data: work } = useQuery(workQuery(tenant.id));
  const columns = useColumns();
  const grid = useGrowingGrid(list);
  const [from, setFrom] = useState<TenantEvent | null>(null);
  const [opened, setOpened] = useState(false);
  const replay = (event: TenantEvent | null) => {
    setFrom(event);
    setOpened(true);
  };
  const followers = work?.subscribers ?? [];
  return (
    <>
      <DataGrid
        label={word('work.events')}
        columns={columns}
        {...grid}
        rowId={(event) => event.id}
        rowName={(event) => `${event.name} ${event.id}`}
        toolbar={
          <Group gap="sm">
            <Button variant="default" disabled={followers.length === 0} onClick={() => replay(null)}>
              {word('replay')}
            </Button>
            <Text size="sm" c="dimmed">
              {work && followers.length === 0 ? word('replay.nobody') : word('replay.lead')}
            </Text>
          </Group>
        }
        empty={
          <EmptyState icon={<IconHistory size={28} />} title={word('events.none.title')}>
            {word('events.none')}
          </EmptyState>
        }
        actions={
          followers.length === 0
            ? undefined
            : (event) => (
                <RowButton
                  label={word('replay.from_here')}
                  of={`${event.name} ${event.id}`}
                  onClick={() => replay(event)}
                />
              )
        }
      />
      <ReplayDialog
        opened={opened}
        onClose={() => setOpened(false)}
        tenant={tenant}
        subscribers={followers}
        since={from?.created_at}
      />
    </>
  );
}
