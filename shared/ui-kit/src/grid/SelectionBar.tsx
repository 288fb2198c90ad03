/** What can be done with the selected rows; says how many there are, to ears as well. */
import { Button, Group, Text } from '@mantine/core';
import type { ReactNode } from 'react';
import { useKitWords } from '../i18n';

interface SelectionBarProps {
  count: number;
  onClear: () => void;
  children: ReactNode;
}

export function SelectionBar({ count, onClear, children }: SelectionBarProps) {
  const word = useKitWords();
  return (
    <Group px="md" py={8} gap="xs" className="fh-selection">
      <Text size="sm" fw={500} role="status">
        {word('grid.selected', { count })}
      </Text>
      {children}
      <Button size="compact-sm" variant="subtle" onClick={onClear}>
        {word('grid.unselect')}
      </Button>
    </Group>
  );
}
