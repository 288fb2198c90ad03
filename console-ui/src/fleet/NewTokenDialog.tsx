/** Makes a join token, and shows it the one time that the API does. */
import { FormProblem, TokenOnce, unwrap, useApiForm } from '@freehold/ui-kit';
import { Button, Group, Modal, NativeSelect, Stack, TextInput } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import * as z from 'zod';
import { postV1FleetJoinTokens } from '../api';
import { operatorClient as client } from '../app/clients';
import { useWords } from '../words';

const SECONDS_PER_HOUR = 3_600;

export function NewTokenDialog({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const word = useWords();
  return (
    <Modal opened={opened} onClose={onClose} title={word('token.new')}>
      <NewToken onClose={onClose} />
    </Modal>
  );
}

function NewToken({ onClose }: { onClose: () => void }) {
  const word = useWords();
  const [token, setToken] = useState<string | null>(null);
  if (!token) return <TokenForm onMade={setToken} />;
  return <TokenOnce label={word('token.token')} token={token} onClose={onClose} />;
}

function TokenForm({ onMade }: { onMade: (token: string) => void }) {
  const word = useWords();
  const queries = useQueryClient();
  const schema = useMemo(() => {
    const whole = z.string().regex(/^[1-9]\d{0,4}$/, word('rule.whole'));
    return z.object({ role: z.enum(['worker', 'edge']), uses: whole, hours: whole });
  }, [word]);
  const { form, submit, problem, busy } = useApiForm({
    schema,
    defaultValues: { role: 'worker', uses: '1', hours: '1' },
    onSubmit: async ({ role, uses, hours }) => {
      const body = { role, uses: Number(uses), expires_in_seconds: Number(hours) * SECONDS_PER_HOUR };
      const made = await unwrap(postV1FleetJoinTokens({ client, body }));
      void queries.invalidateQueries({ queryKey: ['fleet'] });
      onMade(made.token ?? '');
    },
  });
  const errors = form.formState.errors;
  return (
    <form onSubmit={submit} noValidate>
      <Stack>
        <FormProblem problem={problem} />
        <NativeSelect label={word('token.role')} data={['worker', 'edge']} {...form.register('role')} />
        <TextInput
          label={word('token.uses')}
          inputMode="numeric"
          error={errors.uses?.message}
          {...form.register('uses')}
        />
        <TextInput
          label={word('token.hours')}
          inputMode="numeric"
          error={errors.hours?.message}
          {...form.register('hours')}
        />
        <Group justify="flex-end">
          <Button type="submit" loading={busy}>
            {word('token.create')}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
