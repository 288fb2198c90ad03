/** What a call is made of: its parameters by where they go, its body, and the button that sends it. */
import { Button, Group, SimpleGrid, Stack, Text } from '@mantine/core';
import { type FormEvent, type KeyboardEvent, useRef, useState } from 'react';
import { flushSync } from 'react-dom';
import { randomKey } from '../posts/randomKey';
import { useWords } from '../words';
import { BodyField } from './BodyField';
import {
  BODY,
  type Filled,
  fillable,
  keyOf,
  ONCE,
  type Problems,
  problemsOf,
  type Request,
  requestOf,
  wantsKey,
} from './call';
import type { Operation, Parameter, Schema } from './document';
import { BUTTONS } from './Method';
import { ParameterField } from './ParameterField';

/** Lists take two dozen parameters, most of them seldom needed. */
const SHOWN_MAX = 6;

const PLACES = [
  { place: 'path', label: 'api.in.path' },
  { place: 'query', label: 'api.in.query' },
  { place: 'header', label: 'api.in.header' },
] as const;

interface PartProps {
  parameters: readonly Parameter[];
  filled: Filled['parameters'];
  problems: Problems;
  onChange: (key: string, value: string) => void;
}

function Parameters({ label, parameters, filled, problems, onChange }: PartProps & { label: string }) {
  const word = useWords();
  const [wantsAll, setWantsAll] = useState(false);
  const rest = parameters.slice(SHOWN_MAX);
  const showsAll = wantsAll || rest.some((parameter) => problems[keyOf(parameter)]);
  const shown = showsAll ? parameters : parameters.slice(0, SHOWN_MAX);
  return (
    <Stack gap="xs" component="fieldset" m={0} p={0} bd={0} miw={0}>
      <Text component="legend" fw={600} size="sm" p={0} mb={4}>
        {label}
      </Text>
      <SimpleGrid cols={{ base: 1, lg: 2 }} verticalSpacing="sm">
        {shown.map((parameter) => (
          <ParameterField
            key={keyOf(parameter)}
            parameter={parameter}
            value={filled[keyOf(parameter)] ?? ''}
            problem={problems[keyOf(parameter)]}
            onChange={(value) => onChange(keyOf(parameter), value)}
          />
        ))}
      </SimpleGrid>
      {!showsAll && rest.length > 0 && (
        <Button variant="subtle" size="compact-sm" w="fit-content" onClick={() => setWantsAll(true)}>
          {word('api.more', { count: rest.length })}
        </Button>
      )}
    </Stack>
  );
}

interface CallFormProps {
  root: Schema;
  operation: Operation;
  filled: Filled;
  onFill: (filled: Filled) => void;
  busy: boolean;
  onSend: (request: Request) => void;
}

function useSending({ operation, filled, busy, onSend }: CallFormProps) {
  const form = useRef<HTMLFormElement>(null);
  const [problems, setProblems] = useState<Problems>({});
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (busy) return;
    const found = problemsOf(operation, filled);
    // A field that is wrong may be among those that are not shown yet.
    flushSync(() => setProblems(found));
    const [first] = Object.keys(found);
    if (first === undefined) return onSend(requestOf(operation, filled, randomKey()));
    const field = form.current?.elements.namedItem(first);
    if (field instanceof HTMLElement) field.focus();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    form.current?.requestSubmit();
  };
  const forgive = (key: string) => setProblems(({ [key]: _, ...others }) => others);
  return { form, problems, submit, onKeyDown, forgive };
}

export function CallForm(props: CallFormProps) {
  const { root, operation, filled, onFill, busy } = props;
  const word = useWords();
  const { form, problems, submit, onKeyDown, forgive } = useSending(props);
  const fill = (key: string, value: string) => {
    forgive(key);
    onFill({ ...filled, parameters: { ...filled.parameters, [key]: value } });
  };
  return (
    <form ref={form} onSubmit={submit} onKeyDown={onKeyDown} noValidate>
      <Stack>
        {PLACES.map(({ place, label }) => {
          const parameters = fillable(operation).filter((parameter) => parameter.in === place);
          return (
            parameters.length > 0 && (
              <Parameters
                key={place}
                label={word(label)}
                parameters={parameters}
                filled={filled.parameters}
                problems={problems}
                onChange={fill}
              />
            )
          );
        })}
        {operation.body && (
          <BodyField
            root={root}
            body={operation.body}
            value={filled.body}
            problem={problems[BODY]}
            onChange={(body) => {
              forgive(BODY);
              onFill({ ...filled, body });
            }}
          />
        )}
        {wantsKey(operation) && (
          <Text size="sm" c="dimmed">
            {word('api.once', { header: ONCE })}
          </Text>
        )}
        <Group gap="sm">
          <Button type="submit" color={BUTTONS[operation.method]} loading={busy}>
            {word('api.send', { method: operation.method })}
          </Button>
          <Text size="xs" c="dimmed" className="fh-wide-only">
            {word('api.send.keys')}
          </Text>
        </Group>
      </Stack>
    </form>
  );
}
