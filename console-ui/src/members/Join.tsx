/** Where an invitation's mail leads: into the account, with a new password or one's own. */
import {
  AppLink,
  ErrorState,
  FormProblem,
  LoadingState,
  PlainPage,
  startOver,
  unwrap,
  useApiForm,
  useTitle,
} from '@freehold/ui-kit';
import { Button, PasswordInput, Stack, Text } from '@mantine/core';
import { queryOptions, useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import * as z from 'zod';
import { mailToken } from '../account/mailToken';
import { newPasswordRule } from '../account/schemas';
import { type Invitation, postV1InvitationsAccept, postV1InvitationsLook } from '../api';
import { sessionQuery } from '../app/session';
import { useWords } from '../words';
import { useRoles } from './roles';

const invitationQuery = (token: string) =>
  queryOptions({
    queryKey: ['invitation', token],
    enabled: token !== '',
    retry: false,
    staleTime: Number.POSITIVE_INFINITY,
    queryFn: () => unwrap(postV1InvitationsLook({ body: { token } })),
  });

export function Join() {
  const word = useWords();
  const [token] = useState(mailToken);
  const invitation = useQuery(invitationQuery(token));
  useTitle(word('join.title'));
  const body = () => {
    if (!token) return <Text c="var(--mantine-color-error)">{word('token.missing')}</Text>;
    if (invitation.data) return <Accept token={token} invitation={invitation.data} />;
    if (!invitation.error) return <LoadingState rows={3} />;
    return <Refused error={invitation.error} onRetry={() => void invitation.refetch()} />;
  };
  return (
    <PlainPage
      name="Freehold"
      title={word('join.title')}
      lead={invitation.data ? word('join.lead', { name: invitation.data.account_name }) : undefined}
      footer={<AppLink href="/sign-in">{word('sign_in.title')}</AppLink>}
    >
      {body()}
    </PlainPage>
  );
}

function Refused({ error, onRetry }: { error: unknown; onRetry: () => void }) {
  const word = useWords();
  const isOver = (error as { status?: number }).status === 400;
  return isOver ? <Text role="alert">{word('join.over')}</Text> : <ErrorState error={error} onRetry={onRetry} />;
}

function Accept({ token, invitation }: { token: string; invitation: Invitation }) {
  const word = useWords();
  const roles = useRoles();
  const navigate = useNavigate();
  const queries = useQueryClient();
  const { known, email, role } = invitation;
  const schema = useMemo(
    () => z.object({ password: known ? z.string().min(1, word('rule.required')) : newPasswordRule(word) }),
    [known, word],
  );
  const { form, submit, problem, busy } = useApiForm({
    schema,
    defaultValues: { password: '' },
    onSubmit: async ({ password }) => {
      await unwrap(postV1InvitationsAccept({ body: { token, password } }));
      startOver(queries);
      queries.setQueryData(sessionQuery.queryKey, 'member');
      await navigate({ to: '/sites' });
    },
  });
  return (
    <form onSubmit={submit} noValidate>
      <Stack>
        <FormProblem
          problem={problem}
          explain={(code) => {
            if (code === 'wrong_credentials') return word('join.wrong');
            return code === 'invalid_token' ? word('join.over') : undefined;
          }}
        />
        <Text size="sm">{word('join.as', { email, role: roles.label(role) })}</Text>
        <PasswordInput
          label={known ? word('password') : word('password.new')}
          description={known ? word('join.known') : word('password.rule')}
          autoComplete={known ? 'current-password' : 'new-password'}
          visibilityToggleButtonProps={{ 'aria-label': word('password.show') }}
          error={form.formState.errors.password?.message}
          {...form.register('password')}
        />
        <Button type="submit" loading={busy}>
          {word('join.submit')}
        </Button>
      </Stack>
    </form>
  );
}
