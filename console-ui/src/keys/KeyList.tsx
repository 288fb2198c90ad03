/** Keys with which programs use the control API for the account. */
import {
  type Column,
  ConfirmDialog,
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
import { Button, Group, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import { deleteV1AccountKeysId, type Key } from '../api';
import { useRights } from '../app/session';
import { useAccountAction } from '../app/useAccountAction';
import { useRoles } from '../members/roles';
import { useWords } from '../words';
import { type KeyDraft, NewKeyDialog } from './NewKeyDialog';
import { keysQuery } from './queries';

const route = getRouteApi('/_app/_member/account/keys');

function useColumns(): Column<Key>[] {
  const word = useWords();
  const roles = useRoles();
  return useMemo(
    () => [
      {
        id: 'name',
        label: word('name'),
        cell: (key) => (
          <>
            <Text size="sm" fw={500} className="fh-wrap">
              {key.name}
            </Text>
            <Text size="xs" c="dimmed" ff="monospace">
              {key.prefix}…
            </Text>
          </>
        ),
      },
      { id: 'role', label: word('role'), cell: (key) => roles.label(key.role) },
      {
        id: 'used',
        label: word('key.used'),
        wideOnly: true,
        cell: (key) => (key.last_used_at ? <Time at={key.last_used_at} /> : word('key.never')),
      },
      {
        id: 'expires',
        label: word('key.expires'),
        wideOnly: true,
        cell: (key) => (key.expires_at ? <Time at={key.expires_at} /> : word('key.endless')),
      },
    ],
    [word, roles],
  );
}

export function KeyList() {
  const word = useWords();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const { onSearch } = useListScreen<ListSearch>(search, navigate);
  // An address may bring a form with it, filled in.
  const prefilled = search.name || search.role ? { name: search.name, role: search.role } : null;
  const [draft, setDraft] = useState<KeyDraft | null>(prefilled);
  const [ending, setEnding] = useState<Key | null>(null);
  const may = useRights();
  const list = useQuery(keysQuery(search));
  const columns = useColumns();
  const revoke = useAccountAction({
    act: (key: Key) => unwrap(deleteV1AccountKeysId({ path: { id: key.id } })),
    done: (key) => word('key.revoked', { name: key.name }),
  });
  const create = may('keys.write') && (
    <Button leftSection={<IconPlus size={16} />} onClick={() => setDraft({})}>
      {word('key.new')}
    </Button>
  );
  const close = () => {
    setDraft(null);
    if (prefilled) void navigate({ search: { ...search, name: undefined, role: undefined }, replace: true });
  };
  return (
    <>
      <PageHead title={word('keys')} lead={word('keys.lead')} actions={create} />
      <DataGrid
        label={word('keys')}
        columns={columns}
        page={list.data}
        error={list.error}
        busy={list.isFetching}
        onRetry={() => void list.refetch()}
        rowId={(key) => key.id}
        rowName={(key) => key.name}
        search={search}
        onSearch={onSearch}
        empty={
          <EmptyState icon={<IconKey size={28} />} title={word('keys.none.title')}>
            {word('keys.none')}
          </EmptyState>
        }
        actions={(key) => (
          <Group gap="xs" wrap="nowrap" justify="flex-end">
            <RowButton
              label={word('key.renew')}
              of={key.name}
              onClick={() => setDraft({ name: key.name, role: key.role, replaces: key })}
            />
            <RowButton label={word('key.revoke')} of={key.name} onClick={() => setEnding(key)} />
          </Group>
        )}
      />
      <NewKeyDialog draft={draft} onClose={close} />
      <ConfirmDialog
        opened={ending !== null}
        onClose={() => setEnding(null)}
        title={word('key.revoke.ask', { name: ending?.name ?? '' })}
        confirm={word('key.revoke')}
        busy={revoke.isPending}
        onConfirm={() => ending && revoke.mutate(ending, { onSettled: () => setEnding(null) })}
      >
        {word('key.revoke.meaning')}
      </ConfirmDialog>
    </>
  );
}
