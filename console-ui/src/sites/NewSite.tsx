/** One more site for the account. */
import { AppLink, FormProblem, PageHead, unwrap, useApiForm } from '@freehold/ui-kit';
import { Box, Button, Group, Stack } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useMemo } from 'react';
import { siteRules } from '../account/schemas';
import { useFieldWords } from '../account/useFieldWords';
import { postV1Sites } from '../api';
import { useIdempotencyKey } from '../app/idempotency';
import { useWords } from '../words';
import { SiteFields } from './SiteFields';

export function NewSite() {
  const word = useWords();
  const explain = useFieldWords();
  const navigate = useNavigate();
  const queries = useQueryClient();
  const keyOf = useIdempotencyKey();
  const schema = useMemo(() => siteRules(word), [word]);
  const { form, submit, problem, busy } = useApiForm({
    schema,
    explain,
    defaultValues: { name: '', slug: '' },
    onSubmit: async (body) => {
      const site = await unwrap(postV1Sites({ body, headers: { 'Idempotency-Key': keyOf(body) } }));
      await queries.invalidateQueries({ queryKey: ['sites'] });
      void queries.invalidateQueries({ queryKey: ['operations'] });
      const operation = site.operation_id ?? undefined;
      await navigate({ to: '/sites/$siteId', params: { siteId: site.id }, search: { operation } });
    },
  });
  return (
    <Box maw={520}>
      <PageHead title={word('site.new')} lead={word('site.new.lead')} />
      <form onSubmit={submit} noValidate>
        <Stack className="fh-surface" p="lg">
          <FormProblem
            problem={problem}
            explain={(code) => (code === 'email_unverified' ? word('site.unverified') : undefined)}
          />
          <SiteFields
            register={form.register}
            setValue={form.setValue}
            names={{ name: 'name', slug: 'slug' }}
            errors={form.formState.errors}
          />
          <Group justify="flex-end">
            <Button variant="default" component={AppLink} className="" href="/sites" back>
              {word('back')}
            </Button>
            <Button type="submit" loading={busy}>
              {word('site.create')}
            </Button>
          </Group>
        </Stack>
      </form>
    </Box>
  );
}
