/** Signing out, as a member or as an operator, and signing in as the other. */
import {
  asApiError,
  IconBuilding,
  IconKey,
  IconLogout,
  IconShieldLock,
  IconUser,
  startOver,
  toast,
  toastProblem,
  unwrap,
} from '@freehold/ui-kit';
import { ActionIcon, Menu } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { deleteV1SessionsCurrent, postV1SessionsCurrentAccount } from '../api';
import { useWords } from '../words';
import { meQuery } from './session';
import { changeOperatorToken, useOperatorToken } from './useOperatorToken';

export function AccountMenu({ isMember }: { isMember: boolean }) {
  const word = useWords();
  const navigate = useNavigate();
  const queries = useQueryClient();
  const isOperator = useOperatorToken() !== '';
  const signOut = useMutation({
    mutationFn: () => unwrap(deleteV1SessionsCurrent()),
    onError: (error) => toastProblem(word('account.sign_out.failed'), asApiError(error)),
    onSuccess: async () => {
      startOver(queries);
      await navigate({ to: '/sign-in' });
      toast(word('account.signed_out'));
    },
  });
  const me = useQuery({ ...meQuery, enabled: isMember });
  const others = me.data?.accounts.filter((account) => account.id !== me.data.account.id) ?? [];
  const change = useMutation({
    mutationFn: (account_id: string) => unwrap(postV1SessionsCurrentAccount({ body: { account_id } })),
    onError: (error) => toastProblem(word('account.failed'), asApiError(error)),
    onSuccess: async () => {
      startOver(queries);
      await navigate({ to: '/sites' });
    },
  });
  const leaveFleet = () => {
    changeOperatorToken('');
    queries.removeQueries({ queryKey: ['fleet'] });
    void navigate({ to: isMember ? '/sites' : '/sign-in' });
  };
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" size="lg" aria-label={word('account')}>
          <IconUser size={19} stroke={1.6} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {me.data && (
          <Menu.Label>
            {me.data.account.name}
            <br />
            {me.data.email}
          </Menu.Label>
        )}
        {others.map((account) => (
          <Menu.Item
            key={account.id}
            leftSection={<IconBuilding size={16} />}
            onClick={() => change.mutate(account.id)}
          >
            {word('account.switch', { name: account.name })}
          </Menu.Item>
        ))}
        {isMember ? (
          <Menu.Item leftSection={<IconLogout size={16} />} onClick={() => signOut.mutate()}>
            {word('account.sign_out')}
          </Menu.Item>
        ) : (
          <Menu.Item leftSection={<IconKey size={16} />} onClick={() => void navigate({ to: '/sign-in' })}>
            {word('account.sign_in')}
          </Menu.Item>
        )}
        {isOperator ? (
          <Menu.Item leftSection={<IconShieldLock size={16} />} onClick={leaveFleet}>
            {word('operator.leave')}
          </Menu.Item>
        ) : (
          <Menu.Item leftSection={<IconShieldLock size={16} />} onClick={() => void navigate({ to: '/fleet' })}>
            {word('operator.sign_in')}
          </Menu.Item>
        )}
      </Menu.Dropdown>
    </Menu>
  );
}
