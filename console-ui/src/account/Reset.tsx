/** Where the mail about a forgotten password leads: a new password, once. */
import { AppLink, FormProblem, PlainPage, unwrap, useApiForm, useTitle } from '@freehold/ui-kit';
import { Button, PasswordInput, Stack, Text } from '@mantine/core';
import { useMemo, useState } from 'react';
import * as z from 'zod';
import { postV1PasswordReset } from '../api';
import { useWords } from '../words';
import { mailToken } from './mailToken';
import { newPasswordRule } from './schemas';

export function Reset() {
  const word = useWords();
  const [done, setDone] = useState(false);
  const [token] = useState(mailToken);
  useTitle(word('reset.title'));
  const schema = useMemo(() => z.object({ password: newPasswordRule(word) }), [word]);
  const { form, submit, problem, busy } = useApiForm({
    schema,
    defaultValues: { password: '' },
    onSubmit: async ({ password }) => {
      await unwrap(postV1PasswordReset({ body: { token, password } }));
      setDone(true);
    },
  });
  return (
    <PlainPage
      name="Freehold"
      title={word('reset.title')}
      lead={word('reset.lead')}
      footer={<AppLink href="/forgot">{word('reset.again')}</AppLink>}
    >
      {done ? (
        <Stack role="status">
          <Text>{word('reset.done')}</Text>
          <AppLink href="/sign-in">{word('sign_in.title')}</AppLink>
        </Stack>
      ) : (
        <form onSubmit={submit} noValidate>
          <Stack>
            <FormProblem
              problem={problem}
              explain={(code) => (code === 'invalid_token' ? word('token.invalid') : undefined)}
            />
            {!token && <Text c="var(--mantine-color-error)">{word('token.missing')}</Text>}
            <PasswordInput
              label={word('password.new')}
              description={word('password.rule')}
              autoComplete="new-password"
              visibilityToggleButtonProps={{ 'aria-label': word('password.show') }}
              error={form.formState.errors.password?.message}
              {...form.register('password')}
            />
            <Button type="submit" loading={busy} disabled={!token}>
              {word('reset.submit')}
            </Button>
          </Stack>
        </form>
      )}
    </PlainPage>
  );
}
