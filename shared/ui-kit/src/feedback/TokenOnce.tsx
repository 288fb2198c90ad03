/** A secret that the API shows this once, to be copied before it is gone. */
import { Button, Group, Stack, Text, TextInput } from '@mantine/core';
import { useKitWords } from '../i18n';
import { CopyButton } from './CopyButton';

export function TokenOnce({ label, token, onClose }: { label: string; token: string; onClose: () => void }) {
  const word = useKitWords();
  return (
    <Stack>
      <Text size="sm">{word('token.once')}</Text>
      <TextInput label={label} value={token} readOnly className="fh-mono" data-autofocus />
      <Group justify="flex-end">
        <CopyButton value={token} />
        <Button onClick={onClose}>{word('close')}</Button>
      </Group>
    </Stack>
  );
}
