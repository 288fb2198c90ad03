/** Sign-in with a password of this site. Owners come from the console instead. */
import { FormProblem, PlainPage, startOver, unwrap, useApiForm, useTitle } from '@freehold/ui-kit';
import { Button, PasswordInput, Stack, TextInput } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useRouter, useSearch } from '@tanstack/react-router';
import { useMemo } from 'react';
import * as z from 'zod';
import { postApiV1AuthLogin } from '../api';
import { useWords } from '../words';
import { keepSession } from './store';

/** Only addresses of this app are followed. */
function safeNext(next: string | undefined): string {
  return next?.startsWith('/') && !next.startsWith('//') && !next.startsWith('/\\') ? next : '/';
}

export function SignIn() {
  const word = useWords();
  const router = useRouter();
  const queries = useQueryClient();
  const { next } = useSearch({ from: '/sign-in' });
  useTitle(word('sign_in'));
  const schema = useMemo(
    () =>
      z.object({
        email: z.string().trim().min(1, word('rule.required')),
        password: z.string().min(1, word('rule.required')),
      }),
    [word],
  );
  const { form, submit, problem, busy } = useApiForm({
    schema,
    defaultValues: { email: '', password: '' },
    onSubmit: async (body) => {
      keepSession(await unwrap(postApiV1AuthLogin({ body })));
      startOver(queries);
      router.history.push(safeNext(next));
    },
  });
  const errors = form.formState.errors;
  return (
    <PlainPage name={word('admin')} title={word('sign_in')} lead={location.host} footer={word('sign_in.owner')}>
      <form onSubmit={submit} noValidate>
        <Stack>
          <FormProblem
            problem={problem}
            explain={(code) => (code === 'wrong_credentials' ? word('sign_in.wrong') : undefined)}
          />
          <TextInput
            label={word('email')}
            type="email"
            autoComplete="email"
            error={errors.email?.message}
            {...form.register('email')}
          />
          <PasswordInput
            label={word('password')}
            autoComplete="current-password"
            visibilityToggleButtonProps={{ 'aria-label': word('password.show') }}
            error={errors.password?.message}
            {...form.register('password')}
          />
          <Button type="submit" loading={busy}>
            {word('sign_in')}
          </Button>
        </Stack>
      </form>
    </PlainPage>
  );
}
