/** Where a site is, and what it is called in the API. */
import { CopyButton, Time } from '@freehold/ui-kit';
import { Group, Stack, Text } from '@mantine/core';
import type { ReactNode } from 'react';
import type { Site } from '../api';
import { useWords } from '../words';
import { Section } from './Section';

export function Fact({ label, copy, children }: { label: string; copy?: string; children: ReactNode }) {
  return (
    <Group justify="space-between" wrap="nowrap" align="flex-start">
      <div>
        <Text size="xs" c="dimmed">
          {label}
        </Text>
        <Text size="sm" component="div" className="fh-wrap">
          {children}
        </Text>
      </div>
      {copy && <CopyButton value={copy} what={label} />}
    </Group>
  );
}

export function SiteFacts({ site }: { site: Site }) {
  const word = useWords();
  return (
    <Section title={word('facts')}>
      <Stack gap="sm">
        <Fact label={word('address')} copy={site.url}>
          {site.state === 'ready' ? (
            <a className="fh-link" href={site.url} target="_blank" rel="noopener">
              {site.url}
            </a>
          ) : (
            site.url
          )}
        </Fact>
        {site.health && (
          <Fact label={word('health')}>{site.health === 'serving' ? word('health.serving') : word('health.away')}</Fact>
        )}
        <Fact label={word('admin.address')} copy={site.admin_url}>
          {site.admin_url}
        </Fact>
        <Fact label={word('id')} copy={site.id}>
          <Text span ff="monospace" size="sm">
            {site.id}
          </Text>
        </Fact>
        <Fact label={word('region')}>{site.region}</Fact>
        <Fact label={word('created')}>
          <Time at={site.created_at} />
        </Fact>
      </Stack>
    </Section>
  );
}
