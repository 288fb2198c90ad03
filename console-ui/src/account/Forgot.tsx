/** Asks for a link to a new password. The answer is the same whether the address is known or not. */
import { AppLink, FormProblem, PlainPage, unwrap, useApiForm, useTitle } from '@freehold/ui-kit';
import { Button, Stack, Text, TextInput } from '@mantine/core';
import { useMemo, useState } from 'react';
import * as z from 'zod';
import { postV1PasswordForgot } from '../api';
import { useWords } from '../words';
import { emailRule } from './schemas';

export function Forgot() {
  const word = useWords();
  const [sent, setSent] = useState<string | null>(null);
  useTitle(word('forgot.title'));
  const schema = useMemo(() => z.object({ email: emailRule(word) }), [word]);
  const { form, submit, problem, busy } = useApiForm({
    schema,
    defaultValues: { email: '' },
    onSubmit: async (body) => {
      await unwrap(postV1PasswordForgot({ body }));
      setSent(body.email);
    },
  });
  return (
    <PlainPage
      name="Freehold"
      title={word('forgot.title')}
      lead={word('forgot.lead')}
      footer={<AppLink href="/sign-in">{word('forgot.back')}</AppLink>}
    >
      {sent ? (
        <Text role="status">{word('forgot.sent', { email: sent })}</Text>
      ) : (
        <form onSubmit={submit} noValidate>
          <Stack>
            <FormProblem problem={problem} />
            <TextInput
              label={word('email')}
              type="email"
              autoComplete="email"
              error={form.formState.errors.email?.message}
              {...form.register('email')}
            />
            <Button type="submit" loading={busy}>
              {word('forgot.submit')}
            </Button>
          </Stack>
        </form>
      )}
    </PlainPage>
  );
}
