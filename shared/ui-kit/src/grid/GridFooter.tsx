/** How many there are, and the pages. */
import { Group, Pagination, Text } from '@mantine/core';
import { useKitWords } from '../i18n';
import type { ListSearch, PageOf } from './types';

interface GridFooterProps {
  page: PageOf<unknown>;
  search: ListSearch;
  onSearch: (change: Partial<ListSearch>) => void;
}

export function GridFooter({ page, search, onSearch }: GridFooterProps) {
  const word = useKitWords();
  const total = page.total ?? page.items.length;
  const pages = Math.ceil(total / page.page_size);
  if (total === 0) return null;
  return (
    <Group justify="space-between" px="md" py="sm" className="fh-grid-foot">
      <Text size="sm" c="dimmed">
        {word('grid.total', { count: total })}
      </Text>
      {pages > 1 && (
        <Pagination
          component="nav"
          aria-label={word('grid.pages')}
          size="sm"
          total={pages}
          value={search.page ?? 1}
          onChange={(next) => onSearch({ page: next === 1 ? undefined : next })}
          getControlProps={(control) => ({
            'aria-label': control === 'next' ? word('grid.next') : word('grid.previous'),
          })}
          getItemProps={(number) => ({ 'aria-label': word('grid.page', { page: number }) })}
        />
      )}
    </Group>
  );
}
