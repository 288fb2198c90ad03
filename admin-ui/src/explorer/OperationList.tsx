/** Every operation that fits the search, by group. Each is a link, so that it can be kept and shared. */
import { Badge, Box, Group, NavLink, Stack, Text } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { useEffect, useRef } from 'react';
import { useWords } from '../words';
import { grouped, type Operation } from './document';
import { MethodBadge } from './Method';
import type { ExplorerSearch } from './search';

interface OperationListProps {
  operations: readonly Operation[];
  search: ExplorerSearch;
  onChoose: () => void;
}

interface EntryProps extends Omit<OperationListProps, 'operations'> {
  operation: Operation;
}

function Entry({ operation, search, onChoose }: EntryProps) {
  const { id, method, path, summary } = operation;
  return (
    <NavLink
      active={id === search.op}
      label={
        <Text size="sm" className="fh-wrap">
          {summary || path}
        </Text>
      }
      description={
        <Group component="span" gap="xs" wrap="nowrap" align="flex-start" mt={2}>
          <MethodBadge method={method} />
          <Text component="span" fz={12} ff="monospace" className="fh-wrap">
            {path}
          </Text>
        </Group>
      }
      onClick={onChoose}
      renderRoot={(props) => <Link to="/api" search={{ ...search, op: id }} resetScroll={false} {...props} />}
    />
  );
}

export function OperationList({ operations, search, onChoose }: OperationListProps) {
  const word = useWords();
  const list = useRef<HTMLElement>(null);
  // An address that was opened may name one far below.
  useEffect(() => {
    const chosen = list.current?.querySelector<HTMLElement>('[aria-current]');
    if (list.current && chosen) list.current.scrollTop = chosen.offsetTop - list.current.clientHeight / 2;
  }, []);
  return (
    <Box
      component="nav"
      ref={list}
      aria-label={word('api.list')}
      className="fh-surface"
      p="xs"
      pos="relative"
      mah={{ base: 300, md: 'calc(100dvh - 230px)' }}
      style={{ overflowY: 'auto' }}
    >
      <Stack gap="sm">
        {grouped(operations).map(({ name, operations }) => (
          <div key={name ?? ''}>
            <Group gap="xs" px="sm" pb={4}>
              <Text component="h2" size="xs" c="dimmed" fw={600}>
                {name ?? word('api.pages')}
              </Text>
              <Badge color="gray" size="xs">
                {operations.length}
              </Badge>
            </Group>
            {operations.map((operation) => (
              <Entry key={operation.id} operation={operation} search={search} onChoose={onChoose} />
            ))}
          </div>
        ))}
      </Stack>
    </Box>
  );
}
