/** One operation: what it does, who may call it, a form that sends it, its answer, and it as code. */
import { ApiCalls, AppLink } from '@freehold/ui-kit';
import { Box, Group, Stack, Text, Title } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type ReactNode, useEffect, useMemo, useRef, useState } from 'react';
import { siteOrigin } from '../session/store';
import { useWords } from '../words';
import { Access } from './Access';
import { AnswerPanel } from './AnswerPanel';
import { CallForm } from './CallForm';
import { BODY, type Filled, problemsOf, type Request, snippetOf, startOf } from './call';
import type { Operation, Schema } from './document';
import { documentQuery } from './documentQuery';
import { MethodBadge } from './Method';
import { Prose } from './Prose';
import { send } from './send';

/** The fixed header of the frame must not cover what is scrolled to. */
const BELOW_HEADER = 72;

interface OperationPanelProps {
  root: Schema;
  operation: Operation;
  /** It was chosen just now, so whoever chose it goes on from here. */
  takesFocus: boolean;
}

function useSend() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (request: Request) => send(request),
    onSuccess: ({ status }, { method }) => {
      if (method === 'GET' || status >= 400) return;
      // The other screens show what was changed here.
      const [own] = documentQuery.queryKey;
      void queries.invalidateQueries({ predicate: ({ queryKey }) => queryKey[0] !== own });
    },
  });
}

function Part({ title, children }: { title: string; children: ReactNode }) {
  return (
    <Stack gap="sm" className="fh-surface" p="md" component="section" aria-label={title} miw={0}>
      <Title order={3} fz="md">
        {title}
      </Title>
      {children}
    </Stack>
  );
}

function Head({ operation, takesFocus }: Omit<OperationPanelProps, 'root'>) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    if (takesFocus) heading.current?.focus();
  }, [takesFocus]);
  const { method, path, summary, description, access } = operation;
  return (
    <Stack gap={6}>
      <Title
        ref={heading}
        order={2}
        fz="lg"
        tabIndex={-1}
        className="fh-wrap"
        style={{ scrollMarginTop: BELOW_HEADER }}
      >
        {summary || path}
      </Title>
      <Group gap="xs" wrap="nowrap" align="flex-start">
        <MethodBadge method={method} />
        <Text ff="monospace" size="sm" className="fh-wrap">
          {path}
        </Text>
      </Group>
      {description && (
        <Text size="sm" className="fh-wrap fh-pre">
          <Prose text={description} />
        </Text>
      )}
      <Access access={access} />
    </Stack>
  );
}

function AsCode({ operation, filled }: { operation: Operation; filled: Filled }) {
  const word = useWords();
  const title = word('api.call');
  const calls = useMemo(
    () => [snippetOf(operation, filled, siteOrigin() || location.origin, `${operation.method} ${operation.path}`)],
    [operation, filled],
  );
  // What is not filled in yet shows its name; what is wrong cannot be shown as what would be sent.
  const isWrong = Object.entries(problemsOf(operation, filled)).some(
    ([key, { kind }]) => key === BODY || kind !== 'required',
  );
  return (
    <Part title={title}>
      {isWrong ? (
        <Text size="sm" c="dimmed">
          {word('api.call.unfinished')}
        </Text>
      ) : (
        <ApiCalls calls={calls} />
      )}
      {!operation.access.isOpen && (
        <Text size="sm" c="dimmed">
          {word('api.call.token')} <AppLink href="/tokens">{word('tokens')}</AppLink>
        </Text>
      )}
    </Part>
  );
}

export function OperationPanel({ root, operation, takesFocus }: OperationPanelProps) {
  const word = useWords();
  const [filled, setFilled] = useState<Filled>(() => startOf(operation, root));
  const { data, error, isPending, variables, mutate } = useSend();
  return (
    <Stack>
      <Box className="fh-surface" p="md">
        <Stack>
          <Head operation={operation} takesFocus={takesFocus} />
          <CallForm
            root={root}
            operation={operation}
            filled={filled}
            onFill={setFilled}
            busy={isPending}
            onSend={mutate}
          />
        </Stack>
      </Box>
      <Part title={word('api.answer')}>
        <AnswerPanel isWaiting={isPending} answer={data} error={error} onRetry={() => variables && mutate(variables)} />
      </Part>
      <AsCode operation={operation} filled={filled} />
    </Stack>
  );
}
