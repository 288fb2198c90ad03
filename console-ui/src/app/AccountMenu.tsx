/** Which account this is, in which role, and the way to another one; signing out, and in as an operator. */
import {
  asApiError,
  type Command,
  IconBuilding,
  IconKey,
  IconLogout,
  IconShieldLock,
  IconUser,
  startOver,
  toast,
  toastProblem,
  unwrap,
  useRegisterCommands,
} from '@freehold/ui-kit';
import { ActionIcon, Menu, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useMemo } from 'react';
import { deleteV1SessionsCurrent, type Me } from '../api';
import { useRoles } from '../members/roles';
import { useWords } from '../words';
import { AccountSwitcher } from './AccountSwitcher';
import { meQuery } from './session';
import { changeOperatorToken, useOperatorToken } from './useOperatorToken';

function useSignOut() {
  const word = useWords();
  const navigate = useNavigate();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: () => unwrap(deleteV1SessionsCurrent()),
    onError: (error) => toastProblem(word('account.sign_out.failed'), asApiError(error)),
    onSuccess: async () => {
      startOver(queries);
      await navigate({ to: '/sign-in' });
      toast(word('account.signed_out'));
    },
  });
}

function WhoAndWhere({ me }: { me: Me }) {
  const word = useWords();
  const roles = useRoles();
  return (
    <Menu.Label maw={280}>
      <Text size="sm" fw={600} c="bright" className="fh-wrap">
        {me.account.name}
      </Text>
      <Text size="xs">{word('account.role', { role: roles.label(me.role) })}</Text>
      <Text size="xs" className="fh-wrap">
        {me.email}
      </Text>
    </Menu.Label>
  );
}

function OperatorItem({ isMember }: { isMember: boolean }) {
  const word = useWords();
  const navigate = useNavigate();
  const queries = useQueryClient();
  const isOperator = useOperatorToken() !== '';
  const leave = () => {
    changeOperatorToken('');
    queries.removeQueries({ queryKey: ['fleet'] });
    void navigate({ to: isMember ? '/sites' : '/sign-in' });
  };
  return (
    <Menu.Item
      leftSection={<IconShieldLock size={16} />}
      onClick={isOperator ? leave : () => void navigate({ to: '/fleet' })}
    >
      {isOperator ? word('operator.leave') : word('operator.sign_in')}
    </Menu.Item>
  );
}

export function AccountMenu({ isMember }: { isMember: boolean }) {
  const word = useWords();
  const navigate = useNavigate();
  const signOut = useSignOut();
  const [opened, switcher] = useDisclosure(false);
  const me = useQuery({ ...meQuery, enabled: isMember }).data;
  const hasOthers = me !== undefined && me.accounts.length > 1;
  const label = word('account.switch');
  const commands = useMemo<readonly Command[]>(
    () => (hasOthers ? [{ id: 'account', label, group: 'do', icon: IconBuilding, run: switcher.open }] : []),
    [hasOthers, label, switcher.open],
  );
  useRegisterCommands(commands);
  return (
    <>
      <Menu position="bottom-end">
        <Menu.Target>
          <ActionIcon variant="subtle" color="gray" size="lg" aria-label={word('account')}>
            <IconUser size={19} stroke={1.6} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          {me && <WhoAndWhere me={me} />}
          {hasOthers && (
            <Menu.Item leftSection={<IconBuilding size={16} />} onClick={switcher.open}>
              {label}
            </Menu.Item>
          )}
          {isMember ? (
            <Menu.Item leftSection={<IconLogout size={16} />} onClick={() => signOut.mutate()}>
              {word('account.sign_out')}
            </Menu.Item>
          ) : (
            <Menu.Item leftSection={<IconKey size={16} />} onClick={() => void navigate({ to: '/sign-in' })}>
              {word('account.sign_in')}
            </Menu.Item>
          )}
          <OperatorItem isMember={isMember} />
        </Menu.Dropdown>
      </Menu>
      {me && <AccountSwitcher me={me} opened={opened && hasOthers} onClose={switcher.close} />}
    </>
  );
}
