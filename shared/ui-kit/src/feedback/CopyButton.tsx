/** Copies a text and says so, to eyes and ears. */
import { Button, CopyButton as MantineCopy } from '@mantine/core';
import { useKitWords } from '../i18n';
import { IconCheck, IconCopy } from '../icons';

export function CopyButton({ value, what }: { value: string; what?: string }) {
  const word = useKitWords();
  return (
    <MantineCopy value={value}>
      {({ copied, copy }) => (
        <Button
          size="compact-sm"
          variant="default"
          flex="none"
          leftSection={copied ? <IconCheck size={14} /> : <IconCopy size={14} />}
          onClick={copy}
          aria-label={what ? `${copied ? word('copied') : word('copy')}: ${what}` : undefined}
        >
          <span aria-live="polite">{copied ? word('copied') : word('copy')}</span>
        </Button>
      )}
    </MantineCopy>
  );
}
