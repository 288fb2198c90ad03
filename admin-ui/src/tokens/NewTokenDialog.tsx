/** Makes a token, or a new one in place of another, and shows it the one time that the API does. */
import { FormProblem, networksOf, TokenOnce, unwrap, useApiForm } from '@freehold/ui-kit';
import { Button, Group, Modal, NativeSelect, Radio, Stack, Text, TextInput } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { Controller } from 'react-hook-form';
import * as z from 'zod';
import { type ApiToken, deleteApiV1TokensId, postApiV1Tokens, type Scope } from '../api';
import { useWords } from '../words';
import { SCOPES, TEMPLATES } from './scopes';
import { tokensQuery } from './TokenList';

const DAYS = ['7', '30', '90', '365', ''] as const;
const MS_PER_DAY = 86_400_000;

/** What a form starts with. */
export interface TokenDraft {
  name?: string;
  scope?: Scope;
  /** The token that goes once the new one is there. */
  replaces?: ApiToken;
}

export function NewTokenDialog({ draft, onClose }: { draft: TokenDraft | null; onClose: () => void }) {
  const word = useWords();
  const title = draft?.replaces ? word('token.renew.title', { name: draft.replaces.name }) : word('token.new');
  return (
    <Modal opened={draft !== null} onClose={onClose} title={title}>
      {draft && <NewToken draft={draft} onClose={onClose} />}
    </Modal>
  );
}

function NewToken({ draft, onClose }: { draft: TokenDraft; onClose: () => void }) {
  const word = useWords();
  const [token, setToken] = useState<string | null>(null);
  if (!token) return <TokenForm draft={draft} onMade={setToken} />;
  return <TokenOnce label={word('token.secret')} token={token} onClose={onClose} />;
}

function TokenForm({ draft, onMade }: { draft: TokenDraft; onMade: (token: string) => void }) {
  const word = useWords();
  const queries = useQueryClient();
  const schema = useMemo(
    () =>
      z.object({
        name: z.string().trim().min(1, word('rule.name')).max(100, word('rule.name')),
        scope: z.enum(['read', 'write', 'admin']),
        days: z.enum(DAYS),
        networks: z.string(),
      }),
    [word],
  );
  const { form, submit, problem, busy } = useApiForm<z.infer<typeof schema>>({
    schema,
    defaultValues: {
      name: draft.name ?? '',
      scope: draft.scope ?? 'read',
      days: '90',
      networks: draft.replaces?.networks.join(', ') ?? '',
    },
    onSubmit: async ({ name, scope, days, networks }) => {
      const expires_at = days ? new Date(Date.now() + Number(days) * MS_PER_DAY).toISOString() : undefined;
      const made = await unwrap(
        postApiV1Tokens({ body: { name, scopes: [scope], networks: networksOf(networks), expires_at } }),
      );
      // The old one goes last: whoever uses it is never without any.
      if (draft.replaces) await unwrap(deleteApiV1TokensId({ path: { id: draft.replaces.id } }));
      void queries.invalidateQueries({ queryKey: tokensQuery.queryKey });
      onMade(made.token);
    },
  });
  // The API names the one that is wrong by its place.
  const isNetwork = problem?.fields.some(({ path }) => path.startsWith('networks'));
  const networkProblem = isNetwork ? word('rule.networks') : undefined;
  return (
    <form onSubmit={submit} noValidate>
      <Stack>
        {!isNetwork && <FormProblem problem={problem} />}
        {draft.replaces ? (
          <Text size="sm">{word('token.renew.meaning')}</Text>
        ) : (
          <Group gap="xs" role="group" aria-label={word('templates')}>
            {TEMPLATES.map((template) => (
              <Button
                key={template.label}
                size="compact-sm"
                variant="default"
                onClick={() =>
                  form.reset({
                    name: word(template.name),
                    scope: template.scope,
                    days: template.days as (typeof DAYS)[number],
                    networks: '',
                  })
                }
              >
                {word(template.label)}
              </Button>
            ))}
          </Group>
        )}
        <TextInput
          label={word('token.name')}
          description={word('token.name.hint')}
          autoComplete="off"
          data-autofocus
          error={form.formState.errors.name?.message}
          {...form.register('name')}
        />
        <Controller
          name="scope"
          control={form.control}
          render={({ field }) => (
            <Radio.Group label={word('token.scopes')} value={field.value} onChange={field.onChange}>
              <Stack gap="xs" mt={4}>
                {(['read', 'write', 'admin'] as const).map((scope) => (
                  <Radio
                    key={scope}
                    value={scope}
                    label={word(SCOPES[scope].short)}
                    description={word(SCOPES[scope].long)}
                  />
                ))}
              </Stack>
            </Radio.Group>
          )}
        />
        <NativeSelect
          label={word('token.ends')}
          data={DAYS.map((days) => ({
            value: days,
            label: days ? word('token.days', { days }) : word('token.endless'),
          }))}
          {...form.register('days')}
        />
        <TextInput
          label={word('token.networks')}
          description={word('token.networks.hint')}
          placeholder="203.0.113.0/24"
          autoComplete="off"
          spellCheck={false}
          className="fh-mono"
          error={networkProblem}
          {...form.register('networks')}
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
