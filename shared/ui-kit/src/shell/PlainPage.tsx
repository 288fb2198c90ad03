/** A page before sign-in: the mark, one card, nothing else. */
import { Box, Group, Stack, Text, Title } from '@mantine/core';
import type { ReactNode } from 'react';
import { Mark } from '../theme/Mark';
import { PreferencesMenu } from './PreferencesMenu';

interface PlainPageProps {
  name: string;
  title: string;
  lead?: ReactNode;
  children: ReactNode;
  footer?: ReactNode;
}

export function PlainPage({ name, title, lead, children, footer }: PlainPageProps) {
  return (
    <Box component="main" mih="100dvh" px="md" py="md">
      <Group justify="space-between" maw={1040} mx="auto">
        <Group gap="xs">
          <Mark />
          <Text fw={600}>{name}</Text>
        </Group>
        <PreferencesMenu />
      </Group>
      <Stack maw={440} mx="auto" mt={{ base: 24, sm: 64 }} gap="lg">
        <div>
          <Title order={1} fz={26}>
            {title}
          </Title>
          {lead && (
            <Text c="dimmed" mt={6} component="div">
              {lead}
            </Text>
          )}
        </div>
        <Box className="fh-surface" p={{ base: 'md', sm: 'lg' }}>
          {children}
        </Box>
        {footer && <Text size="sm">{footer}</Text>}
      </Stack>
    </Box>
  );
}
