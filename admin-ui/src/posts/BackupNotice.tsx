/** Text of an earlier visit that was never saved: shown before it replaces anything. */
import { Time } from '@freehold/ui-kit';
import { Alert, Button, Group, Text } from '@mantine/core';
import { useWords } from '../words';
import type { Backup } from './backup';

interface BackupNoticeProps {
  backup: Backup;
  onRestore: () => void;
  onDrop: () => void;
}

export function BackupNotice({ backup, onRestore, onDrop }: BackupNoticeProps) {
  const word = useWords();
  return (
    <Alert color="blue" title={word('backup.title')} mb="md">
      <Text size="sm" component="div">
        {word('backup.text')} <Time at={backup.at} />
      </Text>
      <Text size="sm" fw={600} mt="xs">
        {backup.title}
      </Text>
      <Text size="sm" lineClamp={4} className="fh-wrap">
        {backup.content}
      </Text>
      <Group mt="sm">
        <Button size="sm" onClick={onRestore}>
          {word('backup.restore')}
        </Button>
        <Button size="sm" variant="default" onClick={onDrop}>
          {word('backup.drop')}
        </Button>
      </Group>
    </Alert>
  );
}
