/** Suspends a tenant, with the reason that its owner will read. */
import { FormProblem, toast, unwrap, useApiForm, useKitWords } from '@freehold/ui-kit';
import { Button, Group, Modal, Stack, Text, Textarea } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useMemo } from 'react';
import * as z from 'zod';
import { postV1FleetTenantsIdSuspend, type Tenant } from '../api';
import { operatorClient as client } from '../app/clients';
import { useIdempotencyKey } from '../app/idempotency';
import { useWords } from '../words';

export function SuspendDialog({ tenant, onClose }: { tenant: Tenant | null; onClose: () => void }) {
  const word = useWords();
  return (
    <Modal opened={tenant !== null} onClose={onClose} title={word('suspend.title', { name: tenant?.name ?? '' })}>
      {tenant && <SuspendForm tenant={tenant} onClose={onClose} />}
    </Modal>
  );
}

function SuspendForm({ tenant, onClose }: { tenant: Tenant; onClose: () => void }) {
  const word = useWords();
  const kit = useKitWords();
  const queries = useQueryClient();
  const keyOf = useIdempotencyKey();
  const schema = useMemo(() => z.object({ reason: z.string().trim().min(1, word('rule.required')) }), [word]);
  const { form, submit, problem, busy } = useApiForm({
    schema,
    defaultValues: { reason: '' },
    onSubmit: async (body) => {
      const headers = { 'Idempotency-Key': keyOf(body) };
      await unwrap(postV1FleetTenantsIdSuspend({ client, path: { id: tenant.id }, headers, body }));
      await queries.invalidateQueries({ queryKey: ['fleet'] });
      toast(word('suspend.done', { name: tenant.name }));
      onClose();
    },
  });
  return (
    <form onSubmit={submit} noValidate>
      <Stack>
        <FormProblem problem={problem} />
        <Text size="sm">{word('suspend.meaning')}</Text>
        <Textarea
          label={word('suspend.reason')}
          description={word('suspend.reason.hint')}
          data-autofocus
          rows={2}
          error={form.formState.errors.reason?.message}
          {...form.register('reason')}
        />
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            {kit('cancel')}
          </Button>
          <Button type="submit" color="red.8" loading={busy}>
            {word('suspend')}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
