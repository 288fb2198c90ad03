/** A new password, which ends every session but this one. */
import { FormProblem, toast, unwrap, useApiForm } from '@freehold/ui-kit';
import { Button, Group, PasswordInput, Stack, Text, Title } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useMemo } from 'react';
import * as z from 'zod';
import { putApiV1UsersMePassword } from '../api';
import { keepSession } from '../session/store';
import { useWords } from '../words';
import { sessionsQuery } from './query';

export function PasswordForm() {
  const word = useWords();
  const queries = useQueryClient();
  const schema = useMemo(
    () =>
      z.object({
        old_password: z.string().min(1, word('rule.required')),
        new_password: z.string().min(8, word('rule.password')).max(128, word('rule.password')),
      }),
    [word],
  );
  const { form, submit, problem, busy } = useApiForm({
    schema,
    explain: (code) => (code === 'wrong_password' ? word('password.wrong') : undefined),
    defaultValues: { old_password: '', new_password: '' },
    onSubmit: async (body) => {
      keepSession(await unwrap(putApiV1UsersMePassword({ body })));
      form.reset();
      // Every other session has ended.
      void queries.invalidateQueries({ queryKey: sessionsQuery.queryKey });
      toast(word('password.changed'));
    },
  });
  const { errors } = form.formState;
  const toggle = { 'aria-label': word('password.show') };
  return (
    <form onSubmit={submit} noValidate>
      <Stack className="fh-surface" p="lg" component="section" aria-label={word('password.change')}>
        <Title order={2} fz="md">
          {word('password.change')}
        </Title>
        <Text size="sm" c="dimmed">
          {word('password.change.lead')}
        </Text>
        <FormProblem problem={problem} />
        <PasswordInput
          label={word('password.old')}
          autoComplete="current-password"
          visibilityToggleButtonProps={toggle}
          error={errors.old_password?.message}
          {...form.register('old_password')}
        />
        <PasswordInput
          label={word('password.new')}
          autoComplete="new-password"
          visibilityToggleButtonProps={toggle}
          error={errors.new_password?.message}
          {...form.register('new_password')}
        />
        <Group justify="flex-end">
          <Button type="submit" loading={busy}>
            {word('password.save')}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
