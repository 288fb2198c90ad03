/** Who is signed in, their site, and the way out. */
import {
  asApiError,
  IconExternalLink,
  IconEye,
  IconLogout,
  IconUser,
  startOver,
  toastProblem,
  unwrap,
} from '@freehold/ui-kit';
import { ActionIcon, Menu } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { postApiV1AuthLogout } from '../api';
import { meQuery } from '../me/query';
import { forgetSession, keptSession, siteOrigin } from '../session/store';
import { viewAs, viewedAs } from '../session/viewAs';
import { ROLES, rank, useRoles } from '../users/roles';
import { useWords } from '../words';

export function UserMenu() {
  const word = useWords();
  const navigate = useNavigate();
  const queries = useQueryClient();
  const roles = useRoles();
  const me = useQuery(meQuery).data;
  // From a preview one goes back first.
  const isLesser = (role: string) => me !== undefined && role !== 'reader' && rank(role) < rank(me.role);
  const lesser = viewedAs() ? [] : [...ROLES.filter(isLesser), ...roles.own.map(({ value }) => value)];
  const signOut = useMutation({
    mutationFn: () => unwrap(postApiV1AuthLogout()),
    onError: (error) => toastProblem(word('sign_out.failed'), asApiError(error)),
    onSuccess: async () => {
      forgetSession();
      startOver(queries);
      await navigate({ to: '/sign-in' });
    },
  });
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" size="lg" aria-label={word('me')}>
          <IconUser size={19} stroke={1.6} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>
          {keptSession()?.user.email}
          {me && ` · ${roles.short(me.role)}`}
        </Menu.Label>
        <Menu.Item leftSection={<IconUser size={16} />} onClick={() => void navigate({ to: '/me' })}>
          {word('me')}
        </Menu.Item>
        <Menu.Item
          component="a"
          href={siteOrigin()}
          target="_blank"
          rel="noopener"
          leftSection={<IconExternalLink size={16} />}
        >
          {word('site.open')}
        </Menu.Item>
        {lesser.length > 0 && (
          <>
            <Menu.Divider />
            <Menu.Label>{word('view_as')}</Menu.Label>
            {lesser.map((role) => (
              <Menu.Item key={role} leftSection={<IconEye size={16} />} onClick={() => viewAs(role)}>
                {roles.short(role)}
              </Menu.Item>
            ))}
            <Menu.Divider />
          </>
        )}
        <Menu.Item leftSection={<IconLogout size={16} />} onClick={() => signOut.mutate()}>
          {word('sign_out')}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
