/** Has events of a time delivered to a subscriber once more. What was delivered cannot be called back. */
import { FormProblem, toast, unwrap, useApiForm, useKitWords } from '@freehold/ui-kit';
import { Button, Group, Modal, NativeSelect, Stack, Text, TextInput } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useMemo } from 'react';
import * as z from 'zod';
import { type EventSubscriber, postV1FleetTenantsIdReplay, type Tenant } from '../../api';
import { operatorClient as client } from '../../app/clients';
import { useWords } from '../../words';
import { localTime, secondAfter } from './local-time';

const HOUR_MS = 3_600_000;

interface ReplayDialogProps {
  opened: boolean;
  onClose: () => void;
  tenant: Tenant;
  subscribers: readonly EventSubscriber[];
  /** Where the time begins; an hour ago without. */
  since: string | undefined;
}

export function ReplayDialog({ opened, onClose, ...rest }: ReplayDialogProps) {
  const word = useWords();
  return (
    <Modal opened={opened} onClose={onClose} title={word('replay.title', { name: rest.tenant.name })}>
      <ReplayForm onClose={onClose} {...rest} />
    </Modal>
  );
}

interface Window {
  subscriber: string;
  from: string;
  to: string;
}

/** Asks until all events of the time are deliveries; one call makes a part of them. */
async function replay(tenant: Tenant, window: Window): Promise<number> {
  let events = 0;
  let after: string | null | undefined;
  do {
    const body = { ...window, after };
    const part = await unwrap(postV1FleetTenantsIdReplay({ client, path: { id: tenant.id }, body }));
    events += part.events;
    after = part.next;
  } while (after);
  return events;
}

function ReplayForm({ tenant, subscribers, since, onClose }: Omit<ReplayDialogProps, 'opened'>) {
  const word = useWords();
  const kit = useKitWords();
  const queries = useQueryClient();
  const schema = useMemo(() => {
    const time = z.string().refine((text) => !Number.isNaN(Date.parse(text)), word('rule.time'));
    return z
      .object({ subscriber: z.string().min(1, word('rule.required')), from: time, to: time })
      .refine(({ from, to }) => Date.parse(from) < Date.parse(to), { path: ['to'], message: word('rule.later') });
  }, [word]);
  const now = Date.now();
  const { form, submit, problem, busy } = useApiForm({
    schema,
    defaultValues: {
      subscriber: subscribers[0]?.name ?? '',
      from: localTime(since ? Date.parse(since) : now - HOUR_MS),
      to: localTime(secondAfter(now)),
    },
    onSubmit: async ({ subscriber, from, to }) => {
      const window = { subscriber, from: new Date(from).toISOString(), to: new Date(to).toISOString() };
      const events = await replay(tenant, window);
      void queries.invalidateQueries({ queryKey: ['fleet', 'tenant'] });
      toast(word('replay.done', { count: events }));
      onClose();
    },
  });
  const { errors } = form.formState;
  const chosen = subscribers.find(({ name }) => name === form.watch('subscriber'));
  return (
    <form onSubmit={submit} noValidate>
      <Stack>
        <FormProblem problem={problem} />
        <Text size="sm">{word('replay.meaning')}</Text>
        <NativeSelect
          label={word('replay.to')}
          description={chosen && word('replay.follows', { events: chosen.events.join(', ') })}
          data={subscribers.map(({ name }) => name)}
          data-autofocus
          error={errors.subscriber?.message}
          {...form.register('subscriber')}
        />
        <TextInput
          type="datetime-local"
          step={1}
          label={word('replay.begin')}
          description={word('replay.zone')}
          error={errors.from?.message}
          {...form.register('from')}
        />
        <TextInput
          type="datetime-local"
          step={1}
          label={word('replay.end')}
          error={errors.to?.message}
          {...form.register('to')}
        />
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            {kit('cancel')}
          </Button>
          <Button type="submit" loading={busy}>
            {word('replay.go')}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
