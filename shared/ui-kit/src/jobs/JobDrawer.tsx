/**
 * What is being worked on, and what has been lately. The jobs come from the server, so closing or
 * reloading the page loses none of them.
 */
import { ActionIcon, Alert, Box, Drawer, Group, Indicator, Stack, Text, Tooltip } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import type { ReactNode } from 'react';
import { Time } from '../format/Time';
import { useKitWords } from '../i18n';
import { IconListCheck } from '../icons';
import { ErrorState, LoadingState } from '../states/States';
import { JobBadge } from './JobBadge';
import { JobSteps } from './JobSteps';
import type { Job } from './types';

interface JobDrawerProps {
  jobs: readonly Job[] | undefined;
  error?: unknown;
  onRetry?: () => void;
  title: (job: Job) => ReactNode;
  stepName: (name: string) => string;
}

export function JobDrawer({ jobs, error, onRetry, title, stepName }: JobDrawerProps) {
  const word = useKitWords();
  const [opened, drawer] = useDisclosure(false);
  const running = jobs?.filter((job) => job.state === 'running').length ?? 0;
  const name = running > 0 ? word('jobs.running', { count: running }) : word('jobs');
  return (
    <>
      <Tooltip label={name}>
        <Indicator disabled={running === 0} processing size={9} offset={5}>
          <ActionIcon variant="subtle" color="gray" size="lg" aria-label={name} onClick={drawer.open}>
            <IconListCheck size={19} stroke={1.6} />
          </ActionIcon>
        </Indicator>
      </Tooltip>
      <Drawer opened={opened} onClose={drawer.close} position="right" title={word('jobs')} size={420}>
        <Jobs jobs={jobs} error={error} onRetry={onRetry} title={title} stepName={stepName} />
      </Drawer>
    </>
  );
}

function Jobs({ jobs, error, onRetry, title, stepName }: JobDrawerProps) {
  const word = useKitWords();
  if (!jobs) return error ? <ErrorState error={error} onRetry={onRetry} /> : <LoadingState />;
  if (jobs.length === 0) return <Text c="dimmed">{word('jobs.none')}</Text>;
  return (
    <Stack>
      {jobs.map((job) => (
        <Box key={job.id} className="fh-surface" p="sm">
          <Group justify="space-between" mb={6}>
            <Text size="sm" fw={500} component="div">
              {title(job)}
            </Text>
            <JobBadge state={job.state} />
          </Group>
          <Text size="xs" c="dimmed" mb={8} component="div">
            <Time at={job.created_at} seconds />
          </Text>
          <JobSteps job={job} stepName={stepName} />
          {job.error && (
            <Alert color="red" mt="xs" p="xs">
              {job.error}
            </Alert>
          )}
        </Box>
      ))}
    </Stack>
  );
}
