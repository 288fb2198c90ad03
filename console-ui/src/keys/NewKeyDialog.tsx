/** Makes a key, and shows it the one time that the API does. */
import { FormProblem, TokenOnce, unwrap, useApiForm } from '@freehold/ui-kit';
import { Button, Group, Modal, NativeSelect, Stack, TextInput } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import * as z from 'zod';
import { postV1AccountKeys, type Role } from '../api';
import { useRoles } from '../members/roles';
import { useWords } from '../words';

const DAYS = ['30', '90', '365', ''] as const;
const MS_PER_DAY = 86_400_000;

export function NewKeyDialog({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const word = useWords();
  return (
    <Modal opened={opened} onClose={onClose} title={word('key.new')}>
      <NewKey onClose={onClose} />
    </Modal>
  );
}

function NewKey({ onClose }: { onClose: () => void }) {
  const word = useWords();
  const [token, setToken] = useState<string | null>(null);
  if (!token) return <KeyForm onMade={setToken} />;
  return <TokenOnce label={word('key.token')} token={token} onClose={onClose} />;
}

function KeyForm({ onMade }: { onMade: (token: string) => void }) {
  const word = useWords();
  const roles = useRoles();
  const queries = useQueryClient();
  const schema = useMemo(
    () =>
      z.object({
        name: z.string().trim().min(1, word('rule.site_name')).max(100, word('rule.site_name')),
        role: z.enum(['owner', 'admin', 'developer', 'billing', 'viewer']),
        days: z.enum(DAYS),
      }),
    [word],
  );
  const { form, submit, problem, busy } = useApiForm({
    schema,
    defaultValues: { name: '', role: 'viewer' as Role, days: '90' as (typeof DAYS)[number] },
    onSubmit: async ({ name, role, days }) => {
      const expires_at = days ? new Date(Date.now() + Number(days) * MS_PER_DAY).toISOString() : undefined;
      const made = await unwrap(postV1AccountKeys({ body: { name, role, expires_at } }));
      void queries.invalidateQueries({ queryKey: ['account'] });
      onMade(made.token);
    },
  });
  return (
    <form onSubmit={submit} noValidate>
      <Stack>
        <FormProblem problem={problem} />
        <TextInput
          label={word('name')}
          description={word('key.name.hint')}
          autoComplete="off"
          data-autofocus
          error={form.formState.errors.name?.message}
          {...form.register('name')}
        />
        <NativeSelect label={word('role')} data={roles.forKeys} {...form.register('role')} />
        <NativeSelect
          label={word('key.expires')}
          data={DAYS.map((days) => ({
            value: days,
            label: days ? word('key.days', { days }) : word('key.endless'),
          }))}
          {...form.register('days')}
        />
        <Group justify="flex-end">
          <Button type="submit" loading={busy}>
            {word('key.create')}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
