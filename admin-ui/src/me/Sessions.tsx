/** Where one is signed in, newest first, and ending what one does not know. */
import {
  asApiError,
  ConfirmDialog,
  ErrorState,
  LoadingState,
  RowButton,
  Time,
  toast,
  toastProblem,
  unwrap,
} from '@freehold/ui-kit';
import { Badge, Button, Group, Stack, Text, Title } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { deleteApiV1AuthSessions, deleteApiV1AuthSessionsId, type OpenSession } from '../api';
import { useWords } from '../words';
import { programOf } from './program';
import { sessionsQuery } from './query';

const METHODS = {
  register: 'session.by.register',
  password: 'session.by.password',
  password_change: 'session.by.password_change',
  ticket: 'session.by.ticket',
} as const;

function useNames() {
  const word = useWords();
  return {
    program: ({ agent }: OpenSession) => programOf(agent) ?? word('session.unknown'),
    method: ({ method }: OpenSession) => {
      const known = METHODS[method as keyof typeof METHODS];
      return known ? word(known) : (method ?? '');
    },
  };
}

function Session({ session, onEnd, busy }: { session: OpenSession; onEnd: () => void; busy: boolean }) {
  const word = useWords();
  const names = useNames();
  const facts = [names.method(session), session.address].filter(Boolean).join(' · ');
  return (
    <Group component="li" justify="space-between" wrap="nowrap" align="flex-start">
      <div>
        <Group gap="xs">
          <Text size="sm" fw={500} className="fh-wrap">
            {names.program(session)}
          </Text>
          {session.is_current && <Badge>{word('session.current')}</Badge>}
        </Group>
        <Text size="xs" c="dimmed" className="fh-wrap">
          {facts}
        </Text>
        <Text size="xs" c="dimmed" component="div">
          {word('session.used')} <Time at={session.last_used_at ?? session.created_at} />
        </Text>
      </div>
      {!session.is_current && (
        <RowButton label={word('session.end')} of={names.program(session)} busy={busy} onClick={onEnd} />
      )}
    </Group>
  );
}

export function Sessions() {
  const word = useWords();
  const queries = useQueryClient();
  const [asks, setAsks] = useState(false);
  const list = useQuery(sessionsQuery);
  const after = {
    onError: (error: unknown) => toastProblem(word('session.failed'), asApiError(error)),
    onSettled: () => queries.invalidateQueries({ queryKey: sessionsQuery.queryKey }),
  };
  const end = useMutation({
    mutationFn: (session: OpenSession) => unwrap(deleteApiV1AuthSessionsId({ path: { id: session.id } })),
    onSuccess: () => toast(word('session.ended')),
    ...after,
  });
  const endOthers = useMutation({
    mutationFn: () => unwrap(deleteApiV1AuthSessions()),
    onSuccess: () => toast(word('session.others.ended')),
    ...after,
  });
  const body = () => {
    if (!list.data) {
      return list.error ? <ErrorState error={list.error} onRetry={() => void list.refetch()} /> : <LoadingState />;
    }
    return (
      <Stack component="ul" gap="md" m={0} p={0} className="fh-plain-list">
        {list.data.items.map((session) => (
          <Session
            key={session.id}
            session={session}
            busy={end.isPending && end.variables.id === session.id}
            onEnd={() => end.mutate(session)}
          />
        ))}
      </Stack>
    );
  };
  const others = list.data?.items.some((session) => !session.is_current) ?? false;
  return (
    <Stack className="fh-surface" p="lg" component="section" aria-label={word('sessions')}>
      <Title order={2} fz="md">
        {word('sessions')}
      </Title>
      <Text size="sm" c="dimmed">
        {word('sessions.lead')}
      </Text>
      {body()}
      {others && (
        <Group justify="flex-end">
          <Button variant="default" onClick={() => setAsks(true)}>
            {word('session.others.end')}
          </Button>
        </Group>
      )}
      <ConfirmDialog
        opened={asks}
        onClose={() => setAsks(false)}
        title={word('session.others.ask')}
        confirm={word('session.others.end')}
        busy={endOthers.isPending}
        onConfirm={() => endOthers.mutate(undefined, { onSettled: () => setAsks(false) })}
      >
        {word('session.others.meaning')}
      </ConfirmDialog>
    </Stack>
  );
}
