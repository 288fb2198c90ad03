/** How far a job is: running, done and failed differ in word, sign and colour. */
import { Badge, Loader } from '@mantine/core';
import { useKitWords } from '../i18n';
import { IconCheck, IconX } from '../icons';
import type { Job } from './types';

export function JobBadge({ state }: { state: Job['state'] }) {
  const word = useKitWords();
  if (state === 'running') {
    return (
      <Badge color="blue" leftSection={<Loader size={10} color="blue" aria-hidden="true" />}>
        {word('job.running')}
      </Badge>
    );
  }
  if (state === 'failed') {
    return (
      <Badge color="red" variant="filled" leftSection={<IconX size={12} />}>
        {word('job.failed')}
      </Badge>
    );
  }
  return (
    <Badge color="evergreen" leftSection={<IconCheck size={12} />}>
      {word('job.succeeded')}
    </Badge>
  );
}
