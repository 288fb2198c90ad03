/** A few numbers beside each other, each with its name. */
import { SimpleGrid, Text } from '@mantine/core';
import type { ReactNode } from 'react';

export interface Figure {
  label: string;
  value: ReactNode;
}

export function Figures({ figures, cols = 4 }: { figures: readonly Figure[]; cols?: number }) {
  return (
    <SimpleGrid component="dl" cols={{ base: 2, md: cols }} spacing="md" m={0}>
      {figures.map(({ label, value }) => (
        <div key={label}>
          <Text component="dt" size="xs" c="dimmed">
            {label}
          </Text>
          <Text component="dd" fz="lg" fw={500} m={0} className="fh-num fh-wrap">
            {value}
          </Text>
        </div>
      ))}
    </SimpleGrid>
  );
}
