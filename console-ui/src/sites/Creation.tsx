/** The course of the operation that the address names, step by step, ending on the live site. */
import { ErrorState, JobBadge, JobSteps, LoadingState } from '@freehold/ui-kit';
import { Box, Button, Group, Text, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { Operation, Site } from '../api';
import { operationQuery } from '../app/queries';
import { useFollowed } from '../operations/useFollowed';
import { useOperationWords } from '../operations/words';
import { useWords } from '../words';

interface CreationProps {
  id: string;
  site: Site;
  onClose: () => void;
}

export function Creation({ id, site, onClose }: CreationProps) {
  const word = useWords();
  const query = useQuery(operationQuery(id));
  const operation = query.data;
  useFollowed(operation?.state === 'running' ? id : '');
  return (
    <Box className="fh-surface" p="lg" mb="lg" component="section" aria-label={word('creation')} aria-live="polite">
      {operation ? (
        <Course operation={operation} site={site} onClose={onClose} />
      ) : query.error ? (
        <ErrorState error={query.error} onRetry={() => void query.refetch()} />
      ) : (
        <LoadingState rows={3} />
      )}
    </Box>
  );
}

function Course({ operation, site, onClose }: { operation: Operation; site: Site; onClose: () => void }) {
  const word = useWords();
  const words = useOperationWords();
  const isLive = operation.state === 'succeeded' && operation.kind === 'create_site' && site.state === 'ready';
  const lead = {
    running: word('creation.running'),
    succeeded: isLive ? word('creation.live.lead') : word('creation.done'),
    failed: operation.error ?? word('creation.failed'),
  }[operation.state];
  return (
    <>
      <Group justify="space-between" mb="xs">
        <Title order={2} fz="lg">
          {isLive ? word('creation.live', { name: site.name }) : words.kind(operation.kind)}
        </Title>
        <JobBadge state={operation.state} />
      </Group>
      <Text c={operation.state === 'failed' ? 'var(--mantine-color-error)' : 'dimmed'} mb="md">
        {lead}
      </Text>
      <Box maw={420}>
        <JobSteps job={operation} stepName={words.step} />
      </Box>
      <Group mt="md">
        {isLive && (
          <Button component="a" href={site.url} target="_blank" rel="noopener">
            {word('site.open')}
          </Button>
        )}
        {operation.state !== 'running' && (
          <Button variant="default" onClick={onClose}>
            {word('creation.close')}
          </Button>
        )}
      </Group>
    </>
  );
}
