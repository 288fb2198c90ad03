/** Keys of a shortcut as they look on a keyboard. */
import { Group, Kbd, Text } from '@mantine/core';
import { useKitWords } from '../i18n';

export function Keys({ keys }: { keys: string }) {
  const word = useKitWords();
  return (
    <Group gap={4} wrap="nowrap">
      {keys.split(' ').map((key, index) => (
        <Group gap={4} wrap="nowrap" key={`${key}-${keys.slice(0, index)}`}>
          {index > 0 && (
            <Text size="xs" c="inherit">
              {word('shortcuts.then')}
            </Text>
          )}
          <Kbd size="xs">{key}</Kbd>
        </Group>
      ))}
    </Group>
  );
}
