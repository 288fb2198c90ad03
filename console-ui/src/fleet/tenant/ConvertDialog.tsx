/** Takes a site to another engine: says what visitors notice, then leaves the steps to the page. */
import { FormProblem, JobSteps, useApiForm, useKitWords } from '@freehold/ui-kit';
import { Button, Group, Modal, NativeSelect, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import * as z from 'zod';
import type { Tenant } from '../../api';
import { useIdempotencyKey } from '../../app/idempotency';
import { useOperationWords } from '../../operations/words';
import { useWords } from '../../words';
import { conversionTo } from './engines';
import { tenantOperationsQuery } from './queries';
import { useConversion } from './useStoreActions';

interface ConvertDialogProps {
  opened: boolean;
  onClose: () => void;
  tenant: Tenant;
  engines: readonly string[];
}

export function ConvertDialog({ opened, onClose, ...rest }: ConvertDialogProps) {
  const word = useWords();
  return (
    <Modal opened={opened} onClose={onClose} title={word('convert.title', { name: rest.tenant.name })}>
      <ConvertForm onClose={onClose} {...rest} />
    </Modal>
  );
}

function ConvertForm({ tenant, engines, onClose }: Omit<ConvertDialogProps, 'opened'>) {
  const word = useWords();
  const kit = useKitWords();
  const keyOf = useIdempotencyKey();
  const convert = useConversion(tenant);
  const schema = useMemo(() => z.object({ database: z.string().min(1, word('rule.required')) }), [word]);
  const { form, submit, problem, busy } = useApiForm({
    schema,
    defaultValues: { database: engines[0] ?? '' },
    explain: (code) => (code === 'no_database' ? word('convert.no_database') : undefined),
    onSubmit: async ({ database }) => {
      const body = conversionTo(database);
      await convert.mutateAsync({ body, key: keyOf(body) });
      onClose();
    },
  });
  const label = (engine: string) => {
    if (engine === 'sqlite') return word('engine.sqlite');
    if (engine === 'postgres') return word('engine.roomiest');
    return word('engine.postgres', { database: engine.replace(/^postgres:/, '') });
  };
  return (
    <form onSubmit={submit} noValidate>
      <Stack>
        <FormProblem problem={problem} />
        <Text size="sm">{word('convert.meaning', { host: new URL(tenant.url).host })}</Text>
        <Text size="sm">{word('convert.after')}</Text>
        <NativeSelect
          label={word('convert.to')}
          data={engines.map((value) => ({ value, label: label(value) }))}
          data-autofocus
          error={form.formState.errors.database?.message}
          {...form.register('database')}
        />
        {busy && <Course tenant={tenant} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            {busy ? kit('close') : kit('cancel')}
          </Button>
          <Button type="submit" loading={busy}>
            {word('convert.go')}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

/** The steps of a conversion while its answer is awaited. */
function Course({ tenant }: { tenant: Tenant }) {
  const word = useWords();
  const words = useOperationWords();
  const { data } = useQuery(tenantOperationsQuery(tenant.id, true));
  const operation = data?.items.find(({ kind, state }) => kind === 'convert_site' && state === 'running');
  return (
    <Stack gap="xs" aria-live="polite">
      {operation && <JobSteps job={operation} stepName={words.step} />}
      <Text size="sm" c="dimmed">
        {word('creation.running')}
      </Text>
    </Stack>
  );
}
