/** The sites whose stores an upgrade could not migrate, each with its error and the way to its page. */
import { AppLink, useNumbers } from '@freehold/ui-kit';
import { Box, Table, Text, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import type { Upgrade } from '../../api';
import { useWords } from '../../words';
import { namesQuery } from './queries';

export function FailureList({ upgrade: { failures, failed } }: { upgrade: Upgrade }) {
  const word = useWords();
  const { count } = useNumbers();
  const ids = useMemo(() => failures.map((failure) => failure.tenant_id), [failures]);
  const { data: tenants } = useQuery(namesQuery(ids));
  if (failures.length === 0) return null;
  return (
    <Box component="section" aria-label={word('failures')}>
      <Title order={3} fz="sm" mb={4}>
        {word('failures')}
      </Title>
      {failed > failures.length && (
        <Text size="sm" c="dimmed">
          {word('failures.first', { shown: count(failures.length), all: count(failed) })}
        </Text>
      )}
      <Box className="fh-grid-scroll">
        <Table aria-label={word('failures')} verticalSpacing={6}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{word('failure.site')}</Table.Th>
              <Table.Th className="fh-wide-only">{word('upgrade.figure.wave')}</Table.Th>
              <Table.Th>{word('failure.error')}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {failures.map(({ tenant_id, wave, error }) => (
              <Table.Tr key={tenant_id}>
                <Table.Td>
                  <AppLink href={`/fleet/tenants/${tenant_id}`}>{tenants?.get(tenant_id)?.name ?? tenant_id}</AppLink>
                  <Text size="xs" c="dimmed" className="fh-wrap">
                    {tenants?.get(tenant_id)?.slug}
                  </Text>
                </Table.Td>
                <Table.Td className="fh-wide-only">{wave === 0 ? word('upgrade.canary') : count(wave)}</Table.Td>
                <Table.Td>
                  <Text size="sm" className="fh-wrap">
                    {error}
                  </Text>
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Box>
    </Box>
  );
}
