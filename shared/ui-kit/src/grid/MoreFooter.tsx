/** Below a list that goes on from its last row: how many rows are shown, and the next ones. */
import { Button, Group, Text } from '@mantine/core';
import { useKitWords } from '../i18n';

interface MoreFooterProps {
  shown: number;
  hasMore: boolean;
  busy: boolean;
  onMore: () => void;
}

export function MoreFooter({ shown, hasMore, busy, onMore }: MoreFooterProps) {
  const word = useKitWords();
  if (shown === 0) return null;
  return (
    <Group justify="space-between" px="md" py="sm" mih={54} className="fh-grid-foot">
      <Text size="sm" c="dimmed">
        {hasMore ? word('grid.shown', { count: shown }) : word('grid.total', { count: shown })}
      </Text>
      {hasMore && (
        <Button size="compact-sm" variant="default" loading={busy} onClick={onMore}>
          {word('grid.more')}
        </Button>
      )}
    </Group>
  );
}
