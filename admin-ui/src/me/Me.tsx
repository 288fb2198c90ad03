/** Who is signed in, and what they are trusted with. */
import { ErrorState, LoadingState, PageHead, Time } from '@freehold/ui-kit';
import { Box, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import type { Role } from '../api';
import { useWords } from '../words';
import { meQuery } from './query';

const ROLES = {
  reader: 'role.reader',
  author: 'role.author',
  editor: 'role.editor',
  admin: 'role.admin',
  owner: 'role.owner',
} as const satisfies Record<Role, string>;

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
  const me = useQuery(meQuery);
  const body = () => {
    if (!me.data) {
      return me.error ? <ErrorState error={me.error} onRetry={() => void me.refetch()} /> : <LoadingState />;
    }
    const { username, email, role, created_at } = me.data;
    return (
      <Stack className="fh-surface" p="lg" maw={520}>
        <Fact label={word('username')}>{username}</Fact>
        <Fact label={word('email')}>{email}</Fact>
        <Fact label={word('role')}>{word(ROLES[role])}</Fact>
        <Fact label={word('since')}>
          <Time at={created_at} />
        </Fact>
      </Stack>
    );
  };
  return (
    <Box>
      <PageHead title={word('me')} lead={word('me.lead')} />
      {body()}
    </Box>
  );
}
