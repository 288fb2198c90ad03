/** Who follows a tenant's events and how far they are, and what comes again and when. */
import { ErrorState, LoadingState, Time, useNumbers } from '@freehold/ui-kit';
import { Box, Code, Stack, Table, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { EventSubscriber, Schedule, Tenant } from '../../api';
import { Section } from '../../sites/Section';
import { useWords } from '../../words';
import { workQuery } from './queries';

export function WorkPlan({ tenant }: { tenant: Tenant }) {
  const work = useQuery(workQuery(tenant.id));
  if (!work.data) {
    return (
      <Box className="fh-surface">
        {work.error ? <ErrorState error={work.error} onRetry={() => void work.refetch()} /> : <LoadingState />}
      </Box>
    );
  }
  return (
    <Stack gap="lg">
      <Subscribers subscribers={work.data.subscribers} />
      <Schedules schedules={work.data.schedules} />
    </Stack>
  );
}

function Subscribers({ subscribers }: { subscribers: readonly EventSubscriber[] }) {
  const word = useWords();
  const { count } = useNumbers();
  const body = () => {
    if (subscribers.length === 0) return <Text c="dimmed">{word('subscribers.none')}</Text>;
    return (
      <Box className="fh-grid-scroll">
        <Table aria-label={word('subscribers')} verticalSpacing={6}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{word('name')}</Table.Th>
              <Table.Th className="fh-wide-only">{word('subscriber.events')}</Table.Th>
              <Table.Th className="fh-wide-only">{word('subscriber.order')}</Table.Th>
              <Table.Th ta="right">{word('subscriber.behind')}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {subscribers.map(({ name, events, in_order, behind }) => (
              <Table.Tr key={name}>
                <Table.Td>{name}</Table.Td>
                <Table.Td className="fh-wide-only">
                  <Text size="xs" className="fh-wrap">
                    {events.join(', ')}
                  </Text>
                </Table.Td>
                <Table.Td className="fh-wide-only">
                  {in_order ? word('subscriber.in_order') : word('subscriber.any_order')}
                </Table.Td>
                <Table.Td className="fh-num" ta="right">
                  {count(behind)}
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Box>
    );
  };
  return (
    <Section title={word('subscribers')} lead={word('subscribers.lead')}>
      {body()}
    </Section>
  );
}

function Schedules({ schedules }: { schedules: readonly Schedule[] }) {
  const word = useWords();
  return (
    <Section title={word('schedules')} lead={word('schedules.lead')}>
      <Box className="fh-grid-scroll">
        <Table aria-label={word('schedules')} verticalSpacing={6}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{word('name')}</Table.Th>
              <Table.Th className="fh-wide-only">{word('schedule.times')}</Table.Th>
              <Table.Th>{word('schedule.next')}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {schedules.map(({ name, cron, zone, next_at }) => (
              <Table.Tr key={name}>
                <Table.Td>{name}</Table.Td>
                <Table.Td className="fh-wide-only">
                  <Code>{cron}</Code> {zone === 'site' ? word('schedule.zone.site') : word('schedule.zone.utc')}
                </Table.Td>
                <Table.Td>{next_at ? <Time at={next_at} /> : word('schedule.unknown')}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Box>
    </Section>
  );
}
