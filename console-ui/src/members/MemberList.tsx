/** The people of an account and who is invited: their roles, and how one gets in and out. */
import {
  type Column,
  ConfirmDialog,
  DataGrid,
  EmptyState,
  IconPlus,
  IconUser,
  type ListSearch,
  PageHead,
  RowButton,
  startOver,
  Time,
  unwrap,
  useListScreen,
} from '@freehold/ui-kit';
import { Badge, Button, Group, NativeSelect, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import { deleteV1AccountMembersId, type Member, postV1AccountMembers, type Role } from '../api';
import { meQuery, useRights } from '../app/session';
import { useAccountAction } from '../app/useAccountAction';
import { useWords } from '../words';
import { InviteDialog } from './InviteDialog';
import { membersQuery } from './queries';
import { useRoles } from './roles';
import { type RoleChanges, useRoleChange } from './useRoleChange';

const route = getRouteApi('/_app/_member/account/members');

function useColumns({ change, refused }: RoleChanges): Column<Member>[] {
  const word = useWords();
  const roles = useRoles();
  const may = useRights();
  const mayWrite = may('members.write');
  return useMemo(
    () => [
      {
        id: 'email',
        label: word('email'),
        cell: (member) => (
          <Group gap="xs">
            <Text size="sm" fw={500} className="fh-wrap">
              {member.email}
            </Text>
            {member.you && <Badge color="gray">{word('member.you')}</Badge>}
            {member.state === 'invited' && <Badge color="orange">{word('member.invited')}</Badge>}
          </Group>
        ),
      },
      {
        id: 'role',
        label: word('role'),
        cell: (member) =>
          mayWrite && (member.role !== 'owner' || roles.own === 'owner') ? (
            <NativeSelect
              size="xs"
              aria-label={`${word('role')}: ${member.email}`}
              data={roles.short}
              value={member.role}
              error={refused.get(member.id)}
              errorProps={{ role: 'alert' }}
              onChange={(event) => change({ member, role: event.currentTarget.value as Role })}
            />
          ) : (
            roles.label(member.role)
          ),
      },
      {
        id: 'since',
        label: word('member.since'),
        wideOnly: true,
        cell: (member) => <Time at={member.invited_at ?? member.created_at} />,
      },
    ],
    [word, roles, mayWrite, change, refused],
  );
}

export function MemberList() {
  const word = useWords();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const { onSearch } = useListScreen<ListSearch>(search, navigate);
  const [opened, dialog] = useDisclosure(false);
  const [leaving, setLeaving] = useState<Member | null>(null);
  const may = useRights();
  const queries = useQueryClient();
  const me = useQuery(meQuery);
  const list = useQuery(membersQuery(search));
  const again = useAccountAction({
    act: ({ email, role }: Member) => unwrap(postV1AccountMembers({ body: { email, role } })),
    done: ({ email }) => word('invite.done', { name: email }),
  });
  const remove = useAccountAction({
    act: (member: Member) => unwrap(deleteV1AccountMembersId({ path: { id: member.id } })),
    done: (member) => word('member.removed', { name: member.email }),
  });
  const columns = useColumns(useRoleChange());
  const invite = may('members.write') && (
    <Button leftSection={<IconPlus size={16} />} onClick={dialog.open}>
      {word('invite')}
    </Button>
  );
  const mayRemove = (member: Member) =>
    member.you || (may('members.write') && (member.role !== 'owner' || me.data?.role === 'owner'));
  const removed = () =>
    leaving &&
    remove.mutate(leaving, {
      onSuccess: () => {
        // Whoever leaves is somebody else here from now on.
        if (!leaving.you) return;
        startOver(queries);
        location.assign('/');
      },
      onSettled: () => setLeaving(null),
    });
  return (
    <>
      <PageHead
        title={word('members')}
        lead={word('members.lead', { name: me.data?.account.name ?? '' })}
        actions={invite}
      />
      <DataGrid
        label={word('members')}
        columns={columns}
        page={list.data}
        error={list.error}
        busy={list.isFetching}
        onRetry={() => void list.refetch()}
        rowId={(member) => member.id}
        rowName={(member) => member.email}
        search={search}
        onSearch={onSearch}
        empty={<EmptyState icon={<IconUser size={28} />} title={word('members')} />}
        actions={(member) => (
          <Group gap="xs" wrap="nowrap">
            {member.state === 'invited' && may('members.write') && (
              <RowButton label={word('invite.again')} of={member.email} onClick={() => again.mutate(member)} />
            )}
            {mayRemove(member) && (
              <RowButton
                label={member.you ? word('member.leave') : word('member.remove')}
                of={member.email}
                onClick={() => setLeaving(member)}
              />
            )}
          </Group>
        )}
      />
      <InviteDialog opened={opened} onClose={dialog.close} />
      <ConfirmDialog
        opened={leaving !== null}
        onClose={() => setLeaving(null)}
        title={word('member.remove.ask', { name: leaving?.email ?? '' })}
        confirm={leaving?.you ? word('member.leave') : word('member.remove')}
        busy={remove.isPending}
        onConfirm={removed}
      >
        {word('member.remove.meaning')}
      </ConfirmDialog>
    </>
  );
}
