/** Join tokens that still work: made here, shown once, taken back here. */
import {
  type Column,
  DataGrid,
  EmptyState,
  IconKey,
  IconPlus,
  type ListSearch,
  PageHead,
  RowButton,
  Time,
  unwrap,
  useListScreen,
} from '@freehold/ui-kit';
import { Button, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useMemo } from 'react';
import { deleteV1FleetJoinTokensId, type JoinToken } from '../api';
import { operatorClient as client } from '../app/clients';
import { useWords } from '../words';
import { NewTokenDialog } from './NewTokenDialog';
import { tokensQuery } from './queries';
import { useFleetAction } from './useFleetAction';

const route = getRouteApi('/_app/fleet/join-tokens');

function useColumns(): Column<JoinToken>[] {
  const word = useWords();
  return useMemo(
    () => [
      {
        id: 'role',
        label: word('token.role'),
        sortable: true,
        cell: (token) => (
          <>
            <Text size="sm" fw={500}>
              {token.role}
            </Text>
            <Text size="xs" c="dimmed" ff="monospace" className="fh-wrap">
              {token.id}
            </Text>
          </>
        ),
      },
      { id: 'uses_left', label: word('token.uses'), sortable: true, align: 'right', cell: (token) => token.uses_left },
      {
        id: 'expires_at',
        label: word('token.expires'),
        sortable: true,
        wideOnly: true,
        cell: (token) => <Time at={token.expires_at} />,
      },
    ],
    [word],
  );
}

export function TokenList() {
  const word = useWords();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const { onSearch } = useListScreen<ListSearch>(search, navigate);
  const [opened, dialog] = useDisclosure(false);
  const list = useQuery(tokensQuery(search));
  const columns = useColumns();
  const revoke = useFleetAction({
    act: (token: JoinToken) => unwrap(deleteV1FleetJoinTokensId({ client, path: { id: token.id } })),
    done: () => word('token.revoked'),
  });
  const create = (
    <Button leftSection={<IconPlus size={16} />} onClick={dialog.open}>
      {word('token.new')}
    </Button>
  );
  return (
    <>
      <PageHead title={word('tokens')} lead={word('tokens.lead')} actions={create} />
      <DataGrid
        label={word('tokens')}
        columns={columns}
        page={list.data}
        error={list.error}
        busy={list.isFetching}
        onRetry={() => void list.refetch()}
        rowId={(token) => token.id}
        rowName={(token) => token.id}
        search={search}
        onSearch={onSearch}
        empty={
          <EmptyState icon={<IconKey size={28} />} title={word('tokens.none.title')}>
            {word('tokens.none')}
          </EmptyState>
        }
        actions={(token) => (
          <RowButton label={word('token.revoke')} of={token.id} onClick={() => revoke.mutate(token)} />
        )}
      />
      <NewTokenDialog opened={opened} onClose={dialog.close} />
    </>
  );
}
