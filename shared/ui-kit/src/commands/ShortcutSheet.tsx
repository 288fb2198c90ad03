/** The `?` sheet: every shortcut that works now, and the keys of lists. Listens for them as well. */
import { Group, Modal, Stack, Text, Title } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useEffect, useMemo, useRef } from 'react';
import { useKitWords } from '../i18n';
import { IconKeyboard } from '../icons';
import { chordHandler } from './chords';
import { Keys } from './Keys';
import { useRunCommand } from './Palette';
import { useCommands, useRegisterCommands } from './registry';

function Row({ label, keys }: { label: string; keys: string }) {
  return (
    <Group justify="space-between" wrap="nowrap">
      <Text size="sm">{label}</Text>
      <Keys keys={keys} />
    </Group>
  );
}

export function ShortcutSheet() {
  const word = useKitWords();
  const commands = useCommands();
  const run = useRunCommand();
  const [opened, sheet] = useDisclosure(false);
  const label = word('shortcuts');
  const own = useMemo(
    () => [{ id: 'shortcuts', label, group: 'do' as const, keys: '?', icon: IconKeyboard, run: sheet.open }],
    [label, sheet.open],
  );
  useRegisterCommands(own);
  const latest = useRef({ commands, run });
  latest.current = { commands, run };
  useEffect(() => {
    const handler = chordHandler(
      () => latest.current.commands.flatMap((command) => command.keys ?? []),
      (chord) => {
        const command = latest.current.commands.find((candidate) => candidate.keys === chord);
        if (command) latest.current.run(command);
      },
    );
    document.addEventListener('keydown', handler);
    return () => document.removeEventListener('keydown', handler);
  }, []);
  return (
    <Modal opened={opened} onClose={sheet.close} title={label}>
      <Stack gap="xs">
        <Row label={word('shortcuts.palette')} keys="Ctrl/⌘+K" />
        <Row label={word('shortcuts.undo')} keys="Ctrl/⌘+Z" />
        {commands.map(
          (command) =>
            command.keys && (
              <Row
                key={command.id}
                label={command.id === 'shortcuts' ? word('shortcuts.sheet') : command.label}
                keys={command.keys}
              />
            ),
        )}
        <Title order={3} fz="sm" mt="sm">
          {word('shortcuts.grid')}
        </Title>
        <Row label={word('shortcuts.grid.move')} keys="↑/↓" />
        <Row label={word('shortcuts.grid.open')} keys="Enter" />
        <Row label={word('shortcuts.grid.select')} keys="Shift+Space" />
        <Row label={word('shortcuts.grid.all')} keys="Ctrl/⌘+A" />
        <Row label={word('shortcuts.grid.leave')} keys="Esc" />
      </Stack>
    </Modal>
  );
}
