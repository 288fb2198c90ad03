/** Makes a key, or a new one in place of another, and shows it the one time that the API does. */
import { FormProblem, networksOf, TokenOnce, unwrap, useApiForm } from '@freehold/ui-kit';
import { Button, Group, Modal, NativeSelect, Stack, Text, TextInput } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import * as z from 'zod';
import { deleteV1AccountKeysId, type Key, postV1AccountKeys, type Role } from '../api';
import { useRoles } from '../members/roles';
import { useWords } from '../words';

const DAYS = ['30', '90', '365', ''] as const;
const MS_PER_DAY = 86_400_000;

/** What a form starts with. */
export interface KeyDraft {
  name?: string;
  role?: Role;
  /** The key that goes once the new one is there. */
  replaces?: Key;
}

export function NewKeyDialog({ draft, onClose }: { draft: KeyDraft | null; onClose: () => void }) {
  const word = useWords();
  const title = draft?.replaces ? word('key.renew.title', { name: draft.replaces.name }) : word('key.new');
  return (
    <Modal opened={draft !== null} onClose={onClose} title={title}>
      {draft && <NewKey draft={draft} onClose={onClose} />}
    </Modal>
  );
}

function NewKey({ draft, onClose }: { draft: KeyDraft; onClose: () => void }) {
  const word = useWords();
  const [token, setToken] = useState<string | null>(null);
  if (!token) return <KeyForm draft={draft} onMade={setToken} />;
  return <TokenOnce label={word('key.token')} token={token} onClose={onClose} />;
}

function KeyForm({ draft, onMade }: { draft: KeyDraft; onMade: (token: string) => void }) {
  const word = useWords();
  const roles = useRoles();
  const queries = useQueryClient();
  const schema = useMemo(
    () =>
      z.object({
        name: z.string().trim().min(1, word('rule.site_name')).max(100, word('rule.site_name')),
        role: z.enum(['owner', 'admin', 'developer', 'billing', 'viewer']),
        days: z.enum(DAYS),
        networks: z.string(),
      }),
    [word],
  );
  const { form, submit, problem, busy } = useApiForm({
    schema,
    defaultValues: {
      name: draft.name ?? '',
      role: draft.role ?? 'viewer',
      days: '90' as (typeof DAYS)[number],
      networks: draft.replaces?.networks.join(', ') ?? '',
    },
    onSubmit: async ({ name, role, days, networks }) => {
      const expires_at = days ? new Date(Date.now() + Number(days) * MS_PER_DAY).toISOString() : undefined;
      const made = await unwrap(
        postV1AccountKeys({ body: { name, role, networks: networksOf(networks), expires_at } }),
      );
      // The old one goes last: whoever uses it is never without any.
      if (draft.replaces) await unwrap(deleteV1AccountKeysId({ path: { id: draft.replaces.id } }));
      void queries.invalidateQueries({ queryKey: ['account'] });
      onMade(made.token);
    },
  });
  // The API names the one that is wrong by its place.
  const isNetwork = problem?.fields.some(({ path }) => path.startsWith('networks'));
  return (
    <form onSubmit={submit} noValidate>
      <Stack>
        {!isNetwork && <FormProblem problem={problem} />}
        {draft.replaces && <Text size="sm">{word('key.renew.meaning')}</Text>}
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
        <TextInput
          label={word('key.networks')}
          description={word('key.networks.hint')}
          placeholder="203.0.113.0/24"
          autoComplete="off"
          spellCheck={false}
          className="fh-mono"
          error={isNetwork ? word('rule.networks') : undefined}
          {...form.register('networks')}
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
