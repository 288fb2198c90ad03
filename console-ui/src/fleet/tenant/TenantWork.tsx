/** The work of a tenant: its jobs, its events, and who follows these and what comes again. */
import { EmptyState, IconListCheck, useListScreen } from '@freehold/ui-kit';
import { Box, SegmentedControl, Stack, Text, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import type { Tenant } from '../../api';
import { useWords } from '../../words';
import { StaleNotice } from '../StaleNotice';
import { EventList } from './EventList';
import { JobList } from './JobList';
import { workQuery } from './queries';
import { PARTS, type Part, type WorkSearch } from './search';
import { WorkPlan } from './WorkPlan';

const route = getRouteApi('/_app/fleet/tenants/$tenantId');
const NAMES = { jobs: 'work.jobs', events: 'work.events', plan: 'work.plan' } as const;

export function TenantWork({ tenant }: { tenant: Tenant }) {
  const word = useWords();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const { onFilter } = useListScreen<WorkSearch>(search, navigate);
  const part = search.part ?? 'jobs';
  // Its worker opens the store of no other.
  const isServed = tenant.state === 'ready' && !tenant.quarantine;
  const work = useQuery({ ...workQuery(tenant.id), enabled: isServed });
  const body = () => {
    if (!isServed) {
      return (
        <Box className="fh-surface">
          <EmptyState icon={<IconListCheck size={28} />} title={word('work.closed.title')}>
            {tenant.quarantine ? word('work.closed.quarantine') : word('work.closed')}
          </EmptyState>
        </Box>
      );
    }
    if (part === 'events') return <EventList tenant={tenant} />;
    if (part === 'plan') return <WorkPlan tenant={tenant} />;
    return <JobList tenant={tenant} search={search} onFilter={onFilter} />;
  };
  return (
    <Stack gap="sm" component="section" aria-label={word('work')}>
      <div>
        <Title order={2} fz="md">
          {word('work')}
        </Title>
        <Text size="sm" c="dimmed">
          {word('work.lead')}
        </Text>
      </div>
      <SegmentedControl
        aria-label={word('work')}
        w={{ base: '100%', xs: 'fit-content' }}
        data={PARTS.map((value) => ({ value, label: word(NAMES[value]) }))}
        value={part}
        onChange={(value) => onFilter({ part: value === 'jobs' ? undefined : (value as Part) })}
      />
      {work.data && <StaleNotice error={work.error} at={new Date(work.dataUpdatedAt).toISOString()} />}
      {body()}
    </Stack>
  );
}
