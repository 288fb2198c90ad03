/** Sign-in with e-mail and password; leads back to where one came from. */
import { AppLink, FormProblem, PlainPage, startOver, unwrap, useApiForm, useTitle } from '@freehold/ui-kit';
import { Button, Group, PasswordInput, Stack, TextInput } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useRouter, useSearch } from '@tanstack/react-router';
import { useMemo } from 'react';
import * as z from 'zod';
import { postV1Sessions } from '../api';
import { safeNext, sessionQuery } from '../app/session';
import { useWords } from '../words';
import { emailRule } from './schemas';

export function SignIn() {
  const word = useWords();
  const router = useRouter();
  const queries = useQueryClient();
  const { next } = useSearch({ from: '/sign-in' });
  useTitle(word('sign_in.title'));
  const schema = useMemo(
    () => z.object({ email: emailRule(word), password: z.string().min(1, word('rule.required')) }),
    [word],
  );
  const { form, submit, problem, busy } = useApiForm({
    schema,
    defaultValues: { email: '', password: '' },
    onSubmit: async (body) => {
      await unwrap(postV1Sessions({ body }));
      startOver(queries);
      queries.setQueryData(sessionQuery.queryKey, 'member');
      router.history.push(safeNext(next));
    },
  });
  const errors = form.formState.errors;
  return (
    <PlainPage
      name="Freehold"
      title={word('sign_in.title')}
      lead={word('sign_in.lead')}
      footer={
        <>
          {word('sign_in.new')} <AppLink href="/sign-up">{word('sign_up.title')}</AppLink>
        </>
      }
    >
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
            {word('sign_in.title')}
          </Button>
          <Group justify="space-between" fz="sm">
            <AppLink href="/forgot">{word('forgot.link')}</AppLink>
            <AppLink href="/fleet">{word('operator.sign_in')}</AppLink>
          </Group>
        </Stack>
      </form>
    </PlainPage>
  );
}
