/** The Ctrl/⌘K palette: everything in the registry, and records that the app knows how to find. */
import { Text } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { Spotlight, spotlight } from '@mantine/spotlight';
import { useQuery } from '@tanstack/react-query';
import { useRouter } from '@tanstack/react-router';
import { useState } from 'react';
import { keptHref } from '../grid/kept-lists';
import { useKitWords } from '../i18n';
import { IconSearch } from '../icons';
import { Keys } from './Keys';
import { type Command, useCommands } from './registry';

export interface Found {
  id: string;
  label: string;
  detail?: string;
  href: string;
}

/** Asks the API for records with this text. */
export type FindRecords = (text: string) => Promise<readonly Found[]>;

const GROUPS = ['go', 'create', 'do'] as const;
const SEARCH_PAUSE_MS = 200;

export function useRunCommand() {
  const router = useRouter();
  return (command: Command) => {
    if (command.run) command.run();
    else if (command.href) router.history.push(keptHref(command.href));
  };
}

export function Palette({ find }: { find: FindRecords | undefined }) {
  const word = useKitWords();
  const router = useRouter();
  const commands = useCommands();
  const run = useRunCommand();
  const [text, setText] = useState('');
  const [asked] = useDebouncedValue(text.trim(), SEARCH_PAUSE_MS);
  const records = useQuery({
    queryKey: ['palette', asked],
    queryFn: () => (find ? find(asked) : []),
    enabled: Boolean(find) && asked.length > 1,
  });
  const titles = { go: word('palette.go'), create: word('palette.create'), do: word('palette.do') };
  const fits = (command: Command) => command.label.toLowerCase().includes(text.trim().toLowerCase());
  const groups = GROUPS.map((group) => ({ group, fitting: commands.filter((c) => c.group === group && fits(c)) }));
  // Records of an older text must not stand where the keyboard chooses.
  const found = asked.length > 1 && asked === text.trim() ? (records.data ?? []) : [];
  const nothing = found.length === 0 && groups.every(({ fitting }) => fitting.length === 0);
  return (
    <Spotlight.Root
      title={word('palette')}
      classNames={{ header: 'fh-hidden' }}
      query={text}
      onQueryChange={setText}
      scrollable
      maxHeight={420}
      clearQueryOnClose
    >
      <Spotlight.Search
        placeholder={word('palette.hint')}
        aria-label={word('palette')}
        leftSection={<IconSearch size={18} />}
      />
      <Spotlight.ActionsList>
        {groups
          .filter(({ fitting }) => fitting.length > 0)
          .map(({ group, fitting }) => (
            <Spotlight.ActionsGroup key={group} label={titles[group]}>
              {fitting.map((command) => (
                <Spotlight.Action
                  key={command.id}
                  label={command.label}
                  leftSection={command.icon && <command.icon size={18} stroke={1.6} />}
                  rightSection={command.keys && <Keys keys={command.keys} />}
                  onClick={() => run(command)}
                />
              ))}
            </Spotlight.ActionsGroup>
          ))}
        {found.length > 0 && (
          <Spotlight.ActionsGroup label={word('palette.found')}>
            {found.map((record) => (
              <Spotlight.Action
                key={record.id}
                label={record.label}
                description={record.detail}
                onClick={() => router.history.push(record.href)}
              />
            ))}
          </Spotlight.ActionsGroup>
        )}
        {nothing && (
          <Spotlight.Empty>
            <Text size="sm">{word('palette.none')}</Text>
          </Spotlight.Empty>
        )}
      </Spotlight.ActionsList>
    </Spotlight.Root>
  );
}

export const openPalette = () => spotlight.open();
