/** What was done to a site lately. */
import { AppLink, ErrorState, JobBadge, LoadingState, Time } from '@freehold/ui-kit';
import { Group, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { operationsQuery } from '../app/queries';
import { useOperationWords } from '../operations/words';
import { useWords } from '../words';
import { Section } from './Section';

const SHOWN = 6;

export function SiteOperations({ siteId }: { siteId: string }) {
  const word = useWords();
  const words = useOperationWords();
  const list = useQuery(operationsQuery({ site: siteId }, SHOWN));
  const body = () => {
    if (!list.data) {
      return list.error ? (
        <ErrorState error={list.error} onRetry={() => void list.refetch()} />
      ) : (
        <LoadingState rows={3} />
      );
    }
    if (list.data.items.length === 0) return <Text c="dimmed">{word('operations.none')}</Text>;
    return (
      <Stack gap="sm">
        {list.data.items.map((operation) => (
          <Group key={operation.id} justify="space-between" wrap="nowrap">
            <div>
              <Text size="sm">{words.kind(operation.kind)}</Text>
              <Text size="xs" c="dimmed" component="div">
                <Time at={operation.created_at} seconds />
              </Text>
              {operation.error && (
                <Text size="xs" c="var(--mantine-color-error)">
                  {operation.error}
                </Text>
              )}
            </div>
            <JobBadge state={operation.state} />
          </Group>
        ))}
        <Text size="sm">
          <AppLink href="/operations">{word('operations.more')}</AppLink>
        </Text>
      </Stack>
    );
  };
  return <Section title={word('operations.recent')}>{body()}</Section>;
}
