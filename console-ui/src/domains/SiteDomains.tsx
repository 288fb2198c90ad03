/** The names of its owner's under which a site is read: added here, proved by records, removed. */
import { ErrorState, FormProblem, IconPlus, LoadingState, unwrap, useApiForm } from '@freehold/ui-kit';
import { Box, Button, Group, Stack, Text, TextInput } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useMemo } from 'react';
import * as z from 'zod';
import { postV1SitesIdDomains, type Site } from '../api';
import { useIdempotencyKey } from '../app/idempotency';
import { useRights } from '../app/session';
import { Section } from '../sites/Section';
import { useWords } from '../words';
import { DomainCard } from './DomainCard';
import { HOSTNAME_FIELD } from './field';
import { domainsQuery } from './queries';

export function SiteDomains({ site }: { site: Site }) {
  const word = useWords();
  const mayWrite = useRights()('sites.write');
  const list = useQuery(domainsQuery(site.id));
  const body = () => {
    if (!list.data) {
      return list.error ? (
        <ErrorState error={list.error} onRetry={() => void list.refetch()} />
      ) : (
        <LoadingState rows={2} />
      );
    }
    if (list.data.items.length === 0) return <Text c="dimmed">{word('domains.none')}</Text>;
    return (
      <Stack component="ul" gap="lg" p={0} m={0}>
        {list.data.items.map((domain) => (
          <DomainCard key={domain.id} siteId={site.id} domain={domain} mayWrite={mayWrite} />
        ))}
      </Stack>
    );
  };
  return (
    <Box mt="lg">
      <Section title={word('domains')} lead={word('domains.lead', { host: new URL(site.url).hostname })}>
        <Stack gap="lg">
          {mayWrite && site.state === 'ready' && <AddDomain siteId={site.id} />}
          {body()}
        </Stack>
      </Section>
    </Box>
  );
}

/** Words for why a name is refused. */
function useHostnameWords(): (code: string) => string | undefined {
  const word = useWords();
  return (code) => {
    switch (code) {
      case 'invalid':
      case 'single_label':
        return word('problem.hostname');
      case 'wildcard':
        return word('problem.wildcard');
      case 'ip_address':
        return word('problem.ip_address');
      case 'public_suffix':
        return word('problem.public_suffix');
      case 'reserved':
        return word('problem.hostname_reserved');
      case 'mixed_scripts':
        return word('problem.mixed_scripts');
      case 'imitation':
        return word('problem.imitation');
      case 'hostname_taken':
        return word('problem.hostname_taken');
      default:
        return undefined;
    }
  };
}

function AddDomain({ siteId }: { siteId: string }) {
  const word = useWords();
  const explain = useHostnameWords();
  const queries = useQueryClient();
  const keyOf = useIdempotencyKey();
  const schema = useMemo(() => z.object({ hostname: z.string().trim().min(1, word('problem.hostname')) }), [word]);
  const { form, submit, problem, busy } = useApiForm({
    schema,
    explain,
    defaultValues: { hostname: '' },
    onSubmit: async (body) => {
      const headers = { 'Idempotency-Key': keyOf(body) };
      await unwrap(postV1SitesIdDomains({ path: { id: siteId }, body, headers }));
      form.reset();
      await queries.invalidateQueries({ queryKey: domainsQuery(siteId).queryKey });
    },
  });
  return (
    <form onSubmit={submit} noValidate>
      <Stack gap="sm">
        <FormProblem problem={problem} explain={explain} />
        <Group align="flex-end" gap="sm">
          <TextInput
            id={HOSTNAME_FIELD}
            label={word('domain.hostname')}
            placeholder="www.example.org"
            spellCheck={false}
            autoCapitalize="none"
            autoComplete="off"
            inputMode="url"
            flex="1 1 240px"
            error={form.formState.errors.hostname?.message}
            {...form.register('hostname')}
          />
          <Button type="submit" loading={busy} leftSection={<IconPlus size={16} />}>
            {word('domain.add')}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
