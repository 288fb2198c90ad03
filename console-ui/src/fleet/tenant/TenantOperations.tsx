/** What was done to a tenant lately, the newest with its steps. */
import { AppLink, ErrorState, JobBadge, JobSteps, LoadingState, Time } from '@freehold/ui-kit';
import { Box, Group, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { Operation, Tenant } from '../../api';
import { useOperationWords } from '../../operations/words';
import { Section } from '../../sites/Section';
import { useWords } from '../../words';
import { tenantOperationsQuery } from './queries';

export function TenantOperations({ tenant, isChanging }: { tenant: Tenant; isChanging: boolean }) {
  const word = useWords();
  const list = useQuery(tenantOperationsQuery(tenant.id, isChanging));
  const body = () => {
    if (!list.data) {
      return list.error ? (
        <ErrorState error={list.error} onRetry={() => void list.refetch()} />
      ) : (
        <LoadingState rows={3} />
      );
    }
    return (
      <Stack gap="sm">
        {list.data.items.map((operation, index) => (
          <Course key={operation.id} operation={operation} isNewest={index === 0} />
        ))}
        <Text size="sm">
          <AppLink href="/fleet/operations">{word('operations.more')}</AppLink>
        </Text>
      </Stack>
    );
  };
  return <Section title={word('operations.recent')}>{body()}</Section>;
}

function Course({ operation, isNewest }: { operation: Operation; isNewest: boolean }) {
  const words = useOperationWords();
  return (
    <Box>
      <Group justify="space-between" wrap="nowrap">
        <div>
          <Text size="sm">{words.kind(operation.kind)}</Text>
          <Text size="xs" c="dimmed" component="div">
            <Time at={operation.created_at} seconds />
          </Text>
        </div>
        <JobBadge state={operation.state} />
      </Group>
      {operation.error && (
        <Text size="xs" c="var(--mantine-color-error)" className="fh-wrap">
          {operation.error}
        </Text>
      )}
      {isNewest && (
        <Box mt="xs" aria-live="polite">
          <JobSteps job={operation} stepName={words.step} />
        </Box>
      )}
    </Box>
  );
}
