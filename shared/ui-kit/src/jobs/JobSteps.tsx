/** A job's steps with their times. A failed step has its own sign, colour and word. */
import { Group, Loader, Stack, Text } from '@mantine/core';
import { useKitWords } from '../i18n';
import { IconCircleCheck, IconCircleX } from '../icons';
import type { Job } from './types';

const STEP_WORDS = { running: 'job.step.running', done: 'job.step.done', failed: 'job.step.failed' } as const;

export function JobSteps({ job, stepName }: { job: Job; stepName: (name: string) => string }) {
  const word = useKitWords();
  const begun = new Date(job.created_at).getTime();
  return (
    <Stack gap={6} component="ol" m={0} p={0}>
      {job.steps.map((step) => (
        <Group key={step.name} component="li" gap="xs" wrap="nowrap">
          <StepSign state={step.state} />
          <Text size="sm" flex={1}>
            {stepName(step.name)} <span className="fh-hidden">{word(STEP_WORDS[step.state])}</span>
          </Text>
          {step.state !== 'running' && (
            <Text size="xs" c="dimmed">
              {Math.max(0, new Date(step.at).getTime() - begun)} ms
            </Text>
          )}
        </Group>
      ))}
    </Stack>
  );
}

function StepSign({ state }: { state: Job['steps'][number]['state'] }) {
  if (state === 'running') return <Loader size={16} aria-hidden="true" />;
  if (state === 'failed') return <IconCircleX size={18} color="var(--mantine-color-error)" aria-hidden="true" />;
  return <IconCircleCheck size={18} color="var(--mantine-primary-color-filled)" aria-hidden="true" />;
}
