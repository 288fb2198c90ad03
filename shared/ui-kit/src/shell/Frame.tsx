/** The frame of every signed-in screen: header, navigation from the registry, content. */
import { ActionIcon, AppShell, Burger, Group, NavLink, Stack, Text, Tooltip } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useRouterState } from '@tanstack/react-router';
import { type ReactNode, useEffect } from 'react';
import { type FindRecords, openPalette, Palette } from '../commands/Palette';
import { type Command, useCommands } from '../commands/registry';
import { ShortcutSheet } from '../commands/ShortcutSheet';
import { useKitWords } from '../i18n';
import { IconSearch } from '../icons';
import { Mark } from '../theme/Mark';
import { AppLink } from './AppLink';
import { PreferencesMenu } from './PreferencesMenu';

interface FrameProps {
  name: string;
  /** What stands beside the name, such as the site that is open. */
  context?: ReactNode;
  /** Buttons at the right of the header, such as the account's menu. */
  actions?: ReactNode;
  find?: FindRecords;
  children: ReactNode;
}

function Navigation({ commands }: { commands: readonly Command[] }) {
  const path = useRouterState({ select: (state) => state.location.pathname });
  const entries = commands.filter((command) => command.sidebar !== undefined && command.href);
  const headings = [...new Set(entries.map((entry) => entry.sidebar))];
  const best = entries
    .map((entry) => entry.href ?? '')
    .filter((href) => path === href || (href !== '/' && path.startsWith(`${href}/`)))
    .sort((a, b) => b.length - a.length)[0];
  return (
    <Stack gap="md">
      {headings.map((heading) => (
        <div key={heading}>
          {heading && (
            <Text size="xs" c="dimmed" fw={600} px="sm" pb={4}>
              {heading}
            </Text>
          )}
          {entries
            .filter((entry) => entry.sidebar === heading)
            .map((entry) => (
              <NavLink
                key={entry.id}
                component={AppLink}
                href={entry.href ?? '/'}
                back
                className=""
                active={entry.href === best}
                aria-current={entry.href === best ? 'page' : undefined}
                label={entry.label}
                leftSection={entry.icon && <entry.icon size={18} stroke={1.6} />}
              />
            ))}
        </div>
      ))}
    </Stack>
  );
}

export function Frame({ name, context, actions, find, children }: FrameProps) {
  const word = useKitWords();
  const commands = useCommands();
  const [opened, menu] = useDisclosure(false);
  const path = useRouterState({ select: (state) => state.location.pathname });
  // biome-ignore lint/correctness/useExhaustiveDependencies: going elsewhere closes the menu
  useEffect(() => menu.close(), [path, menu.close]);
  return (
    <AppShell
      header={{ height: 56 }}
      navbar={{ width: 232, breakpoint: 'sm', collapsed: { mobile: !opened } }}
      padding={{ base: 'sm', sm: 'lg' }}
    >
      <a href="#content" className="fh-skip fh-link">
        {word('skip')}
      </a>
      <AppShell.Header px="md">
        <Group h="100%" justify="space-between" wrap="nowrap" gap="xs">
          <Group gap="xs" wrap="nowrap" miw={0}>
            <Burger
              opened={opened}
              onClick={menu.toggle}
              hiddenFrom="sm"
              size="sm"
              aria-label={word('menu.open')}
              aria-expanded={opened}
            />
            <Mark />
            <Text fw={600} visibleFrom={context ? 'sm' : undefined}>
              {name}
            </Text>
            {context}
          </Group>
          <Group gap={4} wrap="nowrap">
            <Tooltip label={`${word('palette')} · Ctrl/⌘+K`}>
              <ActionIcon variant="subtle" color="gray" size="lg" aria-label={word('palette')} onClick={openPalette}>
                <IconSearch size={19} stroke={1.6} />
              </ActionIcon>
            </Tooltip>
            <PreferencesMenu />
            {actions}
          </Group>
        </Group>
      </AppShell.Header>
      <AppShell.Navbar p="xs" aria-label={word('nav')}>
        <Navigation commands={commands} />
      </AppShell.Navbar>
      <AppShell.Main id="content" tabIndex={-1}>
        {children}
      </AppShell.Main>
      <Palette find={find} />
      <ShortcutSheet />
    </AppShell>
  );
}
