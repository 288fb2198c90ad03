/** How an upgrade goes: how far it is, how fast, what failed, and what to do where it halted. */
import { ConfirmDialog, IconAlertTriangle, Time, unwrap, useNumbers } from '@freehold/ui-kit';
import { Alert, Badge, Button, Group, List, Loader, Progress, Stack, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useQueryClient } from '@tanstack/react-query';
import { postV1FleetUpgradeHalt, postV1FleetUpgradeResume, type Upgrade } from '../../api';
import { operatorClient as client } from '../../app/clients';
import { useWords } from '../../words';
import { Figures } from '../Figures';
import { StaleNotice } from '../StaleNotice';
import { useFleetAction } from '../useFleetAction';
import { FailureList } from './FailureList';
import { upgradeQuery } from './queries';
import { usePace } from './usePace';

const STATES = {
  running: { key: 'upgrade.running', color: 'blue' },
  halted: { key: 'upgrade.halted', color: 'orange' },
  done: { key: 'upgrade.done', color: 'evergreen' },
} as const;

function StateBadge({ state }: { state: string }) {
  const word = useWords();
  const known = STATES[state as keyof typeof STATES];
  if (!known) return <Badge color="gray">{state}</Badge>;
  const isRunning = state === 'running';
  return (
    <Badge
      color={known.color}
      leftSection={isRunning ? <Loader size={10} color="blue" aria-hidden="true" /> : undefined}
    >
      {word(known.key)}
    </Badge>
  );
}

function useFigures(upgrade: Upgrade) {
  const word = useWords();
  const { count, duration } = useNumbers();
  const pace = usePace(upgrade);
  const { state, wave, wave_tenants, done, total, waiting, failed } = upgrade;
  const left = pace ? duration((waiting / pace) * 1_000) : '–';
  const took = duration(Math.max(0, Date.parse(upgrade.changed_at) - Date.parse(upgrade.created_at)));
  const waveName = wave === 0 ? word('upgrade.canary') : count(wave);
  const figures = [
    { label: word('upgrade.figure.done'), value: word('upgrade.of', { done: count(done), total: count(total) }) },
    { label: word('upgrade.figure.waiting'), value: count(waiting) },
    { label: word('upgrade.figure.failed'), value: count(failed) },
    {
      label: word('upgrade.figure.wave'),
      value: word('upgrade.wave', { wave: waveName, stores: count(wave_tenants) }),
    },
  ];
  if (state === 'done') return [...figures, { label: word('upgrade.figure.took'), value: took }];
  if (state !== 'running') return figures;
  const rate = pace === null ? '–' : word('upgrade.pace', { stores: count(Math.round(pace * 10) / 10) });
  return [
    ...figures,
    { label: word('upgrade.figure.pace'), value: rate },
    { label: word('upgrade.figure.left'), value: left },
  ];
}

function ProgressBar({ upgrade: { done, failed, total } }: { upgrade: Upgrade }) {
  const word = useWords();
  const share = (part: number) => (total > 0 ? Math.min(100, (part * 100) / total) : 0);
  return (
    <Progress.Root size="lg">
      <Progress.Section value={share(done)} color="evergreen" aria-label={word('upgrade.figure.done')} />
      {failed > 0 && <Progress.Section value={share(failed)} color="red" aria-label={word('upgrade.figure.failed')} />}
    </Progress.Root>
  );
}

/** Why it stands still, and the way on. */
function Halted({ upgrade }: { upgrade: Upgrade }) {
  const word = useWords();
  const steps = [word('halted.read'), word('halted.mend'), word('halted.resume')];
  return (
    <Alert color="orange" icon={<IconAlertTriangle size={18} />} title={word('halted.title')}>
      <Stack gap="xs">
        {upgrade.reason && <Text size="sm">{word('halted.reason', { reason: upgrade.reason })}</Text>}
        <Text size="sm">{word('halted.meaning')}</Text>
        {upgrade.failed > 0 && (
          <>
            <List type="ordered" size="sm" spacing={4}>
              {steps.map((step) => (
                <List.Item key={step}>{step}</List.Item>
              ))}
            </List>
            <Text size="sm">{word('halted.back')}</Text>
          </>
        )}
      </Stack>
    </Alert>
  );
}

function useTurns(upgrade: Upgrade) {
  const word = useWords();
  const queries = useQueryClient();
  const known = (next: Upgrade) => queries.setQueryData(upgradeQuery.queryKey, next);
  const halt = useFleetAction({
    act: async (_upgrade: Upgrade) => known(await unwrap(postV1FleetUpgradeHalt({ client }))),
    done: () => word('upgrade.halt.done'),
  });
  const resume = useFleetAction({
    act: async (_upgrade: Upgrade) => known(await unwrap(postV1FleetUpgradeResume({ client }))),
    done: () => word('upgrade.resume.done'),
  });
  return {
    halting: halt.isPending,
    resuming: resume.isPending,
    halt: () => halt.mutate(upgrade),
    resume: () => resume.mutate(upgrade),
  };
}

export function UpgradeProgress({ upgrade, error }: { upgrade: Upgrade; error: unknown }) {
  const word = useWords();
  const { count } = useNumbers();
  const figures = useFigures(upgrade);
  const { halting, resuming, halt, resume } = useTurns(upgrade);
  const [asking, ask] = useDisclosure(false);
  const { state, waiting, failed, failures_max, failures_percent_max } = upgrade;
  return (
    <Stack gap="md">
      <Group justify="space-between" gap="sm">
        <Group gap="sm">
          <span role="status">
            <StateBadge state={state} />
          </span>
          <Text size="sm" c="dimmed" component="div">
            {word('upgrade.started')} <Time at={upgrade.created_at} seconds />
          </Text>
        </Group>
        {state === 'running' && (
          <Button variant="default" loading={halting} onClick={halt}>
            {word('upgrade.halt')}
          </Button>
        )}
        {state === 'halted' && (
          <Button loading={resuming} onClick={failed > 0 ? ask.open : resume}>
            {word('upgrade.resume')}
          </Button>
        )}
      </Group>
      <StaleNotice error={error} at={upgrade.changed_at} />
      <ProgressBar upgrade={upgrade} />
      <Figures figures={figures} cols={6} />
      {state === 'halted' && <Halted upgrade={upgrade} />}
      <FailureList upgrade={upgrade} />
      <Text size="xs" c="dimmed">
        {word('upgrade.limits', { failures: count(failures_max), percent: count(failures_percent_max) })}
      </Text>
      <ConfirmDialog
        opened={asking}
        onClose={ask.close}
        title={word('upgrade.resume.ask')}
        confirm={word('upgrade.resume')}
        calm
        onConfirm={() => {
          ask.close();
          resume();
        }}
      >
        <Stack gap="xs">
          <Text size="sm">{word('upgrade.resume.waiting', { count: waiting })}</Text>
          <Text size="sm">{word('upgrade.resume.failed', { count: failed })}</Text>
        </Stack>
      </ConfirmDialog>
    </Stack>
  );
}
