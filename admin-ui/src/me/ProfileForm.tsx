/** What one says of oneself: a name, a few words, a page elsewhere. */
import { FormProblem, toast, unwrap, useApiForm } from '@freehold/ui-kit';
import { Button, Group, Stack, Textarea, TextInput, Title } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useMemo } from 'react';
import * as z from 'zod';
import { putApiV1UsersMe, type User } from '../api';
import { useWords } from '../words';
import { meQuery } from './query';

export function ProfileForm({ me }: { me: User }) {
  const word = useWords();
  const queries = useQueryClient();
  const schema = useMemo(
    () =>
      z.object({
        username: z.string().trim().min(2, word('rule.username')).max(50, word('rule.username')),
        bio: z.string().max(500, word('rule.bio')),
        website: z.string(),
      }),
    [word],
  );
  const { form, submit, problem, busy } = useApiForm({
    schema,
    explain: (_code, path) => (path === 'website' ? word('rule.website') : undefined),
    defaultValues: { username: me.username, bio: me.bio ?? '', website: me.website ?? '' },
    onSubmit: async (values) => {
      const next = await unwrap(putApiV1UsersMe({ body: values }));
      queries.setQueryData(meQuery.queryKey, next);
      form.reset({ username: next.username, bio: next.bio ?? '', website: next.website ?? '' });
      toast(word('profile.saved'));
    },
  });
  const { errors, isDirty } = form.formState;
  return (
    <form onSubmit={submit} noValidate>
      <Stack className="fh-surface" p="lg" component="section" aria-label={word('profile')}>
        <Title order={2} fz="md">
          {word('profile')}
        </Title>
        <FormProblem problem={problem} />
        <TextInput
          label={word('username')}
          description={word('username.hint')}
          autoComplete="username"
          error={errors.username?.message}
          {...form.register('username')}
        />
        <Textarea label={word('bio')} autosize minRows={2} error={errors.bio?.message} {...form.register('bio')} />
        <TextInput
          label={word('website')}
          placeholder="https://example.org"
          inputMode="url"
          autoComplete="url"
          error={errors.website?.message}
          {...form.register('website')}
        />
        <Group justify="flex-end">
          <Button type="submit" loading={busy} disabled={!isDirty}>
            {word('profile.save')}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
