/** A column's heading that sorts: first by the smallest, then by the largest. */
import { Group, UnstyledButton } from '@mantine/core';
import { useKitWords } from '../i18n';
import { IconArrowDown, IconArrowsSort, IconArrowUp } from '../icons';
import type { Column, ListSearch } from './types';

interface SortButtonProps<Row> {
  column: Column<Row>;
  direction: 'ascending' | 'descending' | undefined;
  onSearch: (change: Partial<ListSearch>) => void;
}

const ICONS = { ascending: IconArrowUp, descending: IconArrowDown, none: IconArrowsSort };

export function SortButton<Row>({ column, direction, onSearch }: SortButtonProps<Row>) {
  const word = useKitWords();
  const Arrow = ICONS[direction ?? 'none'];
  const next = direction === 'ascending' ? `-${column.id}` : column.id;
  return (
    <UnstyledButton
      fz="sm"
      fw={600}
      title={word('grid.sort', { name: column.label })}
      onClick={() => onSearch({ sort: next, page: undefined })}
    >
      <Group gap={4} wrap="nowrap">
        {column.label}
        <Arrow size={13} aria-hidden="true" />
      </Group>
    </UnstyledButton>
  );
}
