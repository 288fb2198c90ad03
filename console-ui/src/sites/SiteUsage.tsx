/** What a site used in the last day. */
import { ErrorState, LoadingState, unwrap, useNumbers } from '@freehold/ui-kit';
import { Box, SimpleGrid, Text } from '@mantine/core';
import { queryOptions, useQuery } from '@tanstack/react-query';
import { getV1SitesIdUsage } from '../api';
import { useWords } from '../words';
import { Section } from './Section';

const REFETCH_MS = 60_000;

const usageQuery = (siteId: string) =>
  queryOptions({
    queryKey: ['usage', siteId],
    queryFn: () => unwrap(getV1SitesIdUsage({ path: { id: siteId } })),
    refetchInterval: REFETCH_MS,
  });

export function SiteUsage({ siteId }: { siteId: string }) {
  const word = useWords();
  const { count, bytes } = useNumbers();
  const usage = useQuery(usageQuery(siteId));
  const body = () => {
    if (!usage.data) {
      return usage.error ? (
        <ErrorState error={usage.error} onRetry={() => void usage.refetch()} />
      ) : (
        <LoadingState rows={2} />
      );
    }
    const { total } = usage.data;
    const figures = [
      [word('usage.requests'), count(total.requests)],
      [word('usage.handled'), count(total.handled)],
      [word('usage.in'), bytes(total.request_bytes)],
      [word('usage.out'), bytes(total.answer_bytes)],
    ] as const;
    return (
      <SimpleGrid cols={{ base: 2, md: 4 }}>
        {figures.map(([label, value]) => (
          <div key={label}>
            <Text size="xs" c="dimmed">
              {label}
            </Text>
            <Text fz="lg" fw={500}>
              {value}
            </Text>
          </div>
        ))}
      </SimpleGrid>
    );
  };
  return (
    <Box mt="lg">
      <Section title={word('usage')} lead={word('usage.lead')}>
        {body()}
      </Section>
    </Box>
  );
}
