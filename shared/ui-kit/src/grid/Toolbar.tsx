/** The line above a list: search, the list's own filters, and a way back to everything. */
import { Button, Group, TextInput } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import { type ReactNode, useEffect, useState } from 'react';
import { useKitWords } from '../i18n';
import { IconSearch } from '../icons';
import { EmptyState } from '../states/States';

const TYPING_PAUSE_MS = 250;

interface ToolbarProps {
  q?: string;
  onQuery: (q: string | undefined) => void;
  label?: string;
  filtered: boolean;
  onClear: () => void;
  children?: ReactNode;
}

export function Toolbar({ q, onQuery, label, filtered, onClear, children }: ToolbarProps) {
  const word = useKitWords();
  const [text, setText] = useState(q ?? '');
  const ask = useDebouncedCallback((value: string) => onQuery(value || undefined), TYPING_PAUSE_MS);
  // The address may change without typing: back, a link, "clear".
  useEffect(() => setText(q ?? ''), [q]);
  return (
    <Group gap="xs">
      <TextInput
        type="search"
        w={{ base: '100%', xs: 260 }}
        leftSection={<IconSearch size={16} />}
        aria-label={label ?? word('grid.search')}
        placeholder={label ?? word('grid.search')}
        value={text}
        onChange={(event) => {
          setText(event.currentTarget.value);
          ask(event.currentTarget.value.trim());
        }}
      />
      {children}
      {filtered && (
        <Button variant="subtle" onClick={onClear}>
          {word('grid.clear')}
        </Button>
      )}
    </Group>
  );
}

/** In place of rows when the search or filters leave none. */
export function NothingMatches({ onClear }: { onClear: () => void }) {
  const word = useKitWords();
  return (
    <EmptyState
      title={word('grid.nothing.title')}
      action={
        <Button variant="default" onClick={onClear}>
          {word('grid.clear')}
        </Button>
      }
    >
      {word('grid.nothing')}
    </EmptyState>
  );
}
