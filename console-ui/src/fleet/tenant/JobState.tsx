/** Where a job stands, as a badge: word and colour, never colour alone. */
import { Badge, Loader } from '@mantine/core';
import type { Job } from '../../api';
import { useWords } from '../../words';
import { JOB_STATES } from './search';

const STATES = {
  waiting: { key: 'job.waiting', color: 'blue' },
  held: { key: 'job.held', color: 'gray' },
  running: { key: 'job.running', color: 'blue' },
  done: { key: 'job.done', color: 'evergreen' },
  dead: { key: 'job.dead', color: 'red' },
} as const;

export function JobState({ job }: { job: Job }) {
  const word = useWords();
  const known = STATES[job.state as keyof typeof STATES];
  if (!known) return <Badge color="gray">{job.state}</Badge>;
  if (job.state === 'waiting' && job.failures > 0) return <Badge color="orange">{word('job.failing')}</Badge>;
  const loader = <Loader size={10} color="blue" aria-hidden="true" />;
  return (
    <Badge color={known.color} leftSection={job.state === 'running' ? loader : undefined}>
      {word(known.key)}
    </Badge>
  );
}

export function useJobStates() {
  const word = useWords();
  return JOB_STATES.map((value) => ({ value, label: word(STATES[value].key) }));
}
