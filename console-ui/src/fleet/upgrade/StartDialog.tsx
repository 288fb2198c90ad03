/** Starts an upgrade: says how many sites it goes through, and asks what may fail before it halts. */
import { FormProblem, toast, unwrap, useApiForm, useKitWords, useNumbers } from '@freehold/ui-kit';
import { Button, Group, Modal, Stack, Text, TextInput } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useMemo } from 'react';
import * as z from 'zod';
import { postV1FleetUpgrade } from '../../api';
import { operatorClient as client } from '../../app/clients';
import { useWords } from '../../words';
import { upgradeQuery } from './queries';
import type { PlanSums } from './sums';

interface StartDialogProps {
  opened: boolean;
  onClose: () => void;
  sums: PlanSums;
}

export function StartDialog({ opened, onClose, sums }: StartDialogProps) {
  const word = useWords();
  return (
    <Modal opened={opened} onClose={onClose} title={word('start.title')}>
      <StartForm onClose={onClose} sums={sums} />
    </Modal>
  );
}

function StartForm({ onClose, sums }: Omit<StartDialogProps, 'opened'>) {
  const word = useWords();
  const kit = useKitWords();
  const { count } = useNumbers();
  const queries = useQueryClient();
  const schema = useMemo(
    () =>
      z.object({
        failures_max: z.string().regex(/^\d{1,6}$/, word('rule.from_zero')),
        failures_percent_max: z.string().regex(/^(\d{1,2}|100)$/, word('rule.percent')),
      }),
    [word],
  );
  const { form, submit, problem, busy } = useApiForm({
    schema,
    defaultValues: { failures_max: '10', failures_percent_max: '5' },
    onSubmit: async (values) => {
      const body = {
        failures_max: Number(values.failures_max),
        failures_percent_max: Number(values.failures_percent_max),
      };
      const started = await unwrap(postV1FleetUpgrade({ client, body }));
      queries.setQueryData(upgradeQuery.queryKey, started);
      toast(word('start.done'));
      onClose();
      // Its course is at the top.
      window.scrollTo({ top: 0 });
    },
  });
  const { errors } = form.formState;
  return (
    <form onSubmit={submit} noValidate>
      <Stack>
        <FormProblem
          problem={problem}
          explain={(code) => (code === 'upgrade_unfinished' ? word('upgrade.unfinished') : undefined)}
        />
        <Text size="sm">{word('start.sites', { count: sums.stores, old: count(sums.toMigrate) })}</Text>
        <Text size="sm">{word('start.waves')}</Text>
        <Text size="sm">{word('start.down')}</Text>
        <TextInput
          label={word('start.failures')}
          description={word('start.failures.hint')}
          inputMode="numeric"
          data-autofocus
          error={errors.failures_max?.message}
          {...form.register('failures_max')}
        />
        <TextInput
          label={word('start.percent')}
          description={word('start.percent.hint')}
          inputMode="numeric"
          error={errors.failures_percent_max?.message}
          {...form.register('failures_percent_max')}
        />
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            {kit('cancel')}
          </Button>
          <Button type="submit" loading={busy}>
            {word('start.go', { count: sums.stores })}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
