/** A titled part of a screen. */
import { Box, Text, Title } from '@mantine/core';
import type { ReactNode } from 'react';

interface SectionProps {
  title: string;
  lead?: ReactNode;
  children: ReactNode;
}

export function Section({ title, lead, children }: SectionProps) {
  return (
    <Box className="fh-surface" p="lg" component="section" aria-label={title} miw={0}>
      <Title order={2} fz="md">
        {title}
      </Title>
      {lead && (
        <Text size="sm" c="dimmed">
          {lead}
        </Text>
      )}
      <Box mt="md">{children}</Box>
    </Box>
  );
}
