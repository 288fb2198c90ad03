/** What an upgrade would do: stores by schema at each worker, what its release brings, and how long it takes. */
import {
  EmptyState,
  ErrorState,
  IconAlertTriangle,
  IconRefresh,
  IconServer,
  LoadingState,
  useNumbers,
} from '@freehold/ui-kit';
import { Alert, Badge, Box, Button, Group, List, Stack, Table, Text, Title } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useMemo } from 'react';
import type { Migration, UpgradePlan as Plan, WorkerPlanView } from '../../api';
import { Section } from '../../sites/Section';
import { useWords } from '../../words';
import { Figures } from '../Figures';
import { StartDialog } from './StartDialog';
import { type PlanSums, sumsOf } from './sums';

interface UpgradePlanProps {
  plan: Plan | undefined;
  error: unknown;
  busy: boolean;
  onLook: () => void;
  /** Another upgrade is not over, or it is not known yet. */
  unfinished: boolean;
}

export function UpgradePlan({ plan, error, busy, onLook, unfinished }: UpgradePlanProps) {
  const word = useWords();
  const body = () => {
    if (error && !plan) return <ErrorState error={error} onRetry={onLook} />;
    if (!plan) return <LoadingState />;
    if (plan.workers.length === 0) {
      return (
        <EmptyState icon={<IconServer size={28} />} title={word('workers.none.title')}>
          {word('workers.none')}
        </EmptyState>
      );
    }
    return <Planned plan={plan} busy={busy} onLook={onLook} unfinished={unfinished} />;
  };
  return (
    <Section title={word('plan')} lead={word('plan.lead')}>
      {body()}
    </Section>
  );
}

function Planned({ plan, busy, onLook, unfinished }: Omit<UpgradePlanProps, 'error' | 'plan'> & { plan: Plan }) {
  const word = useWords();
  const { count, duration } = useNumbers();
  const [opened, dialog] = useDisclosure(false);
  const sums = useMemo(() => sumsOf(plan), [plan]);
  const figures = [
    { label: word('plan.stores'), value: count(sums.stores) },
    { label: word('plan.to_migrate'), value: count(sums.toMigrate) },
    { label: word('plan.about'), value: sums.toMigrate > 0 ? duration(sums.millis) : '–' },
    {
      label: word('plan.answering'),
      value: word('upgrade.of', { done: count(sums.answering), total: count(plan.workers.length) }),
    },
  ];
  return (
    <Stack gap="md">
      <Figures figures={figures} />
      <Doubts sums={sums} />
      <Missing missing={sums.missing} />
      <Workers workers={plan.workers} />
      <Group gap="sm">
        <Button onClick={dialog.open} disabled={unfinished || sums.answering === 0}>
          {word('upgrade.start')}
        </Button>
        <Button variant="default" leftSection={<IconRefresh size={16} />} loading={busy} onClick={onLook}>
          {word('plan.look')}
        </Button>
        {unfinished && (
          <Text size="sm" c="dimmed">
            {word('upgrade.unfinished')}
          </Text>
        )}
      </Group>
      <StartDialog opened={opened} onClose={dialog.close} sums={sums} />
    </Stack>
  );
}

/** What speaks against starting now. */
function Doubts({ sums }: { sums: PlanSums }) {
  const word = useWords();
  const icon = <IconAlertTriangle size={18} />;
  return (
    <>
      {sums.away.length > 0 && (
        <Alert color="orange" icon={icon}>
          {word('plan.away', { names: sums.away.join(', ') })}
        </Alert>
      )}
      {sums.releases > 1 && (
        <Alert color="orange" icon={icon}>
          {word('plan.releases')}
        </Alert>
      )}
    </>
  );
}

function Missing({ missing }: { missing: readonly Migration[] }) {
  const word = useWords();
  if (missing.length === 0) return <Text size="sm">{word('plan.current')}</Text>;
  return (
    <Box component="section" aria-label={word('plan.brings')}>
      <Title order={3} fz="sm" mb={4}>
        {word('plan.brings')}
      </Title>
      <Stack gap="xs">
        {missing.map(({ version, name, changes }) => (
          <details key={version}>
            <summary>
              <Text span size="sm" fw={500}>
                {word('plan.migration', { version, name })}
              </Text>{' '}
              <Text span size="sm" c="dimmed">
                {word('plan.changes', { count: changes.length })}
              </Text>
            </summary>
            <List size="sm" mt={4} withPadding>
              {changes.map((change) => (
                <List.Item key={change}>{change}</List.Item>
              ))}
            </List>
          </details>
        ))}
      </Stack>
    </Box>
  );
}

function Workers({ workers }: { workers: readonly WorkerPlanView[] }) {
  const word = useWords();
  const { count, duration } = useNumbers();
  return (
    <Box className="fh-grid-scroll">
      <Table aria-label={word('workers')} verticalSpacing={6}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{word('plan.worker')}</Table.Th>
            <Table.Th className="fh-wide-only">{word('plan.schema')}</Table.Th>
            <Table.Th>{word('plan.by_schema')}</Table.Th>
            <Table.Th ta="right">{word('plan.to_migrate')}</Table.Th>
            <Table.Th ta="right" className="fh-wide-only">
              {word('plan.about')}
            </Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {workers.map((worker) => (
            <Table.Tr key={worker.worker_id}>
              <Table.Td>
                {worker.name} {!worker.answers && <Badge color="red">{word('worker.unreachable')}</Badge>}
              </Table.Td>
              <Table.Td className="fh-num fh-wide-only">{worker.schema_version ?? '–'}</Table.Td>
              <Table.Td>
                {worker.stores.length === 0 && '–'}
                {worker.stores.map(({ schema_version, tenants }) => (
                  <div key={schema_version ?? 'unknown'}>
                    {schema_version == null
                      ? word('plan.count.unknown', { count: tenants, stores: count(tenants) })
                      : word('plan.count', { version: schema_version, count: tenants, stores: count(tenants) })}
                  </div>
                ))}
              </Table.Td>
              <Table.Td className="fh-num" ta="right">
                {worker.answers ? count(worker.to_migrate) : '–'}
              </Table.Td>
              <Table.Td className="fh-num fh-wide-only" ta="right">
                {worker.to_migrate > 0 ? duration(worker.estimated_millis) : '–'}
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Box>
  );
}
