/** Who is signed in, and what they are trusted with. */
import { ErrorState, LoadingState, PageHead, Time } from '@freehold/ui-kit';
import { Box, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { viewedAs } from '../session/viewAs';
import { useRoles } from '../users/roles';
import { useWords } from '../words';
import { PasswordForm } from './PasswordForm';
import { ProfileForm } from './ProfileForm';
import { meQuery } from './query';
import { Sessions } from './Sessions';

function Fact({ label, children }: { label: string; children: ReactNode }) {
  return (
    <div>
      <Text size="xs" c="dimmed">
        {label}
      </Text>
      <Text component="div" className="fh-wrap">
        {children}
      </Text>
    </div>
  );
}

export function Me() {
  const word = useWords();
  const roles = useRoles();
  const me = useQuery(meQuery);
  const body = () => {
    if (!me.data) {
      return me.error ? <ErrorState error={me.error} onRetry={() => void me.refetch()} /> : <LoadingState />;
    }
    const { username, email, role, created_at, from_console } = me.data;
    return (
      <Stack gap="lg">
        <Stack className="fh-surface" p="lg">
          <Fact label={word('username')}>{username}</Fact>
          <Fact label={word('email')}>{email}</Fact>
          <Fact label={word('role')}>{roles.long(role)}</Fact>
          <Fact label={word('since')}>
            <Time at={created_at} />
          </Fact>
        </Stack>
        {/* A preview changes nothing. */}
        {!viewedAs() && <ProfileForm me={me.data} />}
        {!viewedAs() && !from_console && <PasswordForm />}
        {!viewedAs() && <Sessions />}
      </Stack>
    );
  };
  return (
    <Box maw={560}>
      <PageHead title={word('me')} lead={word('me.lead')} />
      {body()}
    </Box>
  );
}
