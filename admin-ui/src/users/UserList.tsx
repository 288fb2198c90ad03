/** The users of the site: found, given a role, suspended and let in again. */
import {
  asApiError,
  type Column,
  ConfirmDialog,
  DataGrid,
  EmptyState,
  FilterSelect,
  IconPlus,
  IconUsers,
  NothingMatches,
  PageHead,
  RowButton,
  Time,
  Toolbar,
  toast,
  toastProblem,
  unwrap,
  useListScreen,
} from '@freehold/ui-kit';
import { Badge, Button, Group, NativeSelect, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useCallback, useMemo, useState } from 'react';
import { putApiV1AdminUsersIdRole, putApiV1AdminUsersIdStatus, type User, type UserStatus } from '../api';
import { meQuery } from '../me/query';
import { useWords } from '../words';
import { AddUserDialog } from './AddUserDialog';
import { type UserSearch, usersQuery } from './queries';
import { rank, useRoles } from './roles';

const route = getRouteApi('/_app/users');

interface RoleChange {
  user: User;
  role: string;
}

/** Whom the caller may change: others who may no more, and whose role is not the console's to give. */
function useMayChange(): (user: User) => { role: boolean; status: boolean } {
  const me = useQuery(meQuery).data;
  return useCallback(
    (user) => {
      const status = me !== undefined && user.id !== me.id && rank(user.role) <= rank(me.role);
      return { status, role: status && !user.from_console };
    },
    [me],
  );
}

function useColumns(onRole: (change: RoleChange) => void): Column<User>[] {
  const word = useWords();
  const roles = useRoles();
  const may = useMayChange();
  const me = useQuery(meQuery).data;
  return useMemo(
    () => [
      {
        id: 'username',
        label: word('username'),
        sortable: true,
        cell: (user) => (
          <>
            <Group gap="xs">
              <Text size="sm" fw={500} className="fh-wrap">
                {user.username}
              </Text>
              {user.id === me?.id && <Badge color="gray">{word('user.you')}</Badge>}
              {user.from_console && <Badge color="blue">{word('user.console')}</Badge>}
              {user.status === 'suspended' && <Badge color="orange">{word('user.suspended')}</Badge>}
            </Group>
            <Text size="xs" c="dimmed" className="fh-wrap">
              {user.email}
            </Text>
          </>
        ),
      },
      {
        id: 'role',
        label: word('role'),
        sortable: true,
        cell: (user) =>
          may(user).role ? (
            <NativeSelect
              size="xs"
              aria-label={`${word('role')}: ${user.username}`}
              data={roles.given}
              value={user.role}
              onChange={(event) => onRole({ user, role: event.currentTarget.value })}
            />
          ) : (
            roles.short(user.role)
          ),
      },
      {
        id: 'created_at',
        label: word('since'),
        sortable: true,
        wideOnly: true,
        cell: (user) => <Time at={user.created_at} />,
      },
    ],
    [word, roles, may, me?.id, onRole],
  );
}

function useUserActions() {
  const word = useWords();
  const queries = useQueryClient();
  const shared = {
    onError: (error: Error) => toastProblem(word('user.failed'), asApiError(error)),
    onSettled: () => queries.invalidateQueries({ queryKey: ['users'] }),
  };
  const role = useMutation({
    ...shared,
    mutationFn: ({ user, role }: RoleChange) =>
      unwrap(putApiV1AdminUsersIdRole({ path: { id: user.id }, body: { role } })),
    onSuccess: (user) => toast(word('user.role.done', { name: user.username })),
  });
  const status = useMutation({
    ...shared,
    mutationFn: ({ user, status }: { user: User; status: UserStatus }) =>
      unwrap(putApiV1AdminUsersIdStatus({ path: { id: user.id }, body: { status } })),
    onSuccess: (user) =>
      toast(
        user.status === 'suspended'
          ? word('user.suspend.done', { name: user.username })
          : word('user.resume.done', { name: user.username }),
      ),
  });
  return { role, status };
}

export function UserList() {
  const word = useWords();
  const roles = useRoles();
  const search: UserSearch = route.useSearch();
  const navigate = route.useNavigate();
  const { onSearch, onFilter, clear, filtered } = useListScreen<UserSearch>(search, navigate);
  const [opened, dialog] = useDisclosure(false);
  const [leaving, setLeaving] = useState<User | null>(null);
  const list = useQuery(usersQuery(search));
  const { role, status } = useUserActions();
  const may = useMayChange();
  const onRole = useCallback((change: RoleChange) => role.mutate(change), [role.mutate]);
  const columns = useColumns(onRole);
  const statuses = [
    { value: 'active', label: word('user.active') },
    { value: 'suspended', label: word('user.suspended') },
  ];
  return (
    <>
      <PageHead
        title={word('users')}
        lead={word('users.lead')}
        actions={
          <Button leftSection={<IconPlus size={16} aria-hidden="true" />} onClick={dialog.open}>
            {word('user.add')}
          </Button>
        }
      />
      <DataGrid
        label={word('users')}
        columns={columns}
        page={list.data}
        error={list.error}
        busy={list.isFetching}
        onRetry={() => void list.refetch()}
        rowId={(user) => user.id}
        rowName={(user) => user.username}
        search={search}
        onSearch={onSearch}
        defaultSort="-created_at"
        empty={
          filtered ? (
            <NothingMatches onClear={clear} />
          ) : (
            <EmptyState icon={<IconUsers size={28} />} title={word('users')} />
          )
        }
        toolbar={
          <Toolbar
            q={search.q}
            onQuery={(q) => onFilter({ q })}
            label={word('users.search')}
            filtered={filtered}
            onClear={clear}
          >
            <FilterSelect
              label={word('role')}
              all={word('role.all')}
              options={roles.all}
              value={search.role}
              onChange={(value) => onFilter({ role: value })}
            />
            <FilterSelect
              label={word('post.status')}
              all={word('post.status.all')}
              options={statuses}
              value={search.status}
              onChange={(value) => onFilter({ status: value as UserStatus | undefined })}
            />
          </Toolbar>
        }
        actions={(user) =>
          may(user).status &&
          (user.status === 'active' ? (
            <RowButton label={word('user.suspend')} of={user.username} onClick={() => setLeaving(user)} />
          ) : (
            <RowButton
              label={word('user.resume')}
              of={user.username}
              onClick={() => status.mutate({ user, status: 'active' })}
            />
          ))
        }
      />
      <AddUserDialog opened={opened} onClose={dialog.close} />
      <ConfirmDialog
        opened={leaving !== null}
        onClose={() => setLeaving(null)}
        title={word('user.suspend.ask', { name: leaving?.username ?? '' })}
        confirm={word('user.suspend')}
        busy={status.isPending}
        onConfirm={() =>
          leaving && status.mutate({ user: leaving, status: 'suspended' }, { onSettled: () => setLeaving(null) })
        }
      >
        {word('user.suspend.meaning')}
      </ConfirmDialog>
    </>
  );
}
