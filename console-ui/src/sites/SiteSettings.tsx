/** What a site is called in the console and where it lives; its former addresses. */
import { CopyButton, FormProblem, Time, toast, unwrap, useApiForm } from '@freehold/ui-kit';
import { Box, Button, Group, Stack, Text, TextInput } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useMemo } from 'react';
import { siteRules } from '../account/schemas';
import { useFieldWords } from '../account/useFieldWords';
import { patchV1SitesId, type Site } from '../api';
import { siteQuery } from '../app/queries';
import { useWords } from '../words';
import { Section } from './Section';
import { SlugHint } from './SlugHint';
import { useSiteActions } from './useSiteActions';

type Former = NonNullable<Site['previous_slugs']>[number];

export function SiteSettings({ site }: { site: Site }) {
  const word = useWords();
  const former = site.previous_slugs ?? [];
  return (
    <Box mt="lg">
      <Section title={word('rename')} lead={word('rename.lead')}>
        <Stack gap="lg">
          <RenameForm key={`${site.name} ${site.slug}`} site={site} />
          {former.length > 0 && (
            <Stack gap="xs" component="ul" p={0} m={0} aria-label={word('former')}>
              {former.map((address) => (
                <FormerAddress key={address.slug} site={site} former={address} />
              ))}
            </Stack>
          )}
        </Stack>
      </Section>
    </Box>
  );
}

function RenameForm({ site }: { site: Site }) {
  const word = useWords();
  const explain = useFieldWords();
  const queries = useQueryClient();
  const schema = useMemo(() => siteRules(word), [word]);
  const { form, submit, problem, busy } = useApiForm({
    schema,
    explain,
    defaultValues: { name: site.name, slug: site.slug },
    onSubmit: async ({ name, slug }) => {
      const next = await unwrap(patchV1SitesId({ path: { id: site.id }, body: { name, slug } }));
      queries.setQueryData(siteQuery(site.id).queryKey, next);
      for (const queryKey of [['sites'], ['operations'], ['slug'], ['domains']]) {
        void queries.invalidateQueries({ queryKey });
      }
      toast(word('renamed', { name: next.name }));
    },
  });
  const { errors, isDirty } = form.formState;
  const slug = form.watch('slug');
  const isMoved = slug !== site.slug;
  return (
    <form onSubmit={submit} noValidate>
      <Stack gap="sm">
        <FormProblem
          problem={problem}
          explain={(code) => (code === 'too_many_previous_slugs' ? word('problem.former_many') : undefined)}
        />
        <Group align="flex-start" gap="sm" grow preventGrowOverflow={false}>
          <TextInput
            label={word('rename.name')}
            description={word('rename.name.hint')}
            error={errors.name?.message}
            flex="1 1 220px"
            {...form.register('name')}
          />
          <TextInput
            label={word('site.slug')}
            description={word('site.slug.hint')}
            autoCapitalize="none"
            autoComplete="off"
            spellCheck={false}
            className="fh-mono"
            error={errors.slug?.message}
            flex="1 1 220px"
            {...form.register('slug')}
          />
        </Group>
        {isMoved && (
          <>
            <SlugHint
              slug={slug}
              onChoose={(text) => form.setValue('slug', text, { shouldDirty: true, shouldValidate: true })}
            />
            <Text size="sm">{word('rename.meaning', { host: new URL(site.url).host })}</Text>
          </>
        )}
        <Group justify="flex-end">
          <Button type="submit" loading={busy} disabled={!isDirty}>
            {word('rename.save')}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

function FormerAddress({ site, former }: { site: Site; former: Former }) {
  const word = useWords();
  const { giveUp } = useSiteActions(site);
  const address = site.url.replace(`//${site.slug}.`, `//${former.slug}.`);
  return (
    <Group component="li" justify="space-between" gap="xs">
      <Group gap="xs" miw={0}>
        <Text size="sm" ff="monospace" className="fh-wrap">
          {new URL(address).host}
        </Text>
        <CopyButton value={address} />
        <Text size="sm" c="dimmed">
          {word('former.until')} <Time at={former.until} />
        </Text>
      </Group>
      <Button
        size="compact-sm"
        variant="default"
        loading={giveUp.isPending}
        aria-label={word('former.drop.of', { slug: former.slug })}
        onClick={() => giveUp.mutate(former.slug)}
      >
        {word('former.drop')}
      </Button>
    </Group>
  );
}
