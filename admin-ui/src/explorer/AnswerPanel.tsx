/** What came back: how it ended and how long it took, its headers, its body as far as it is shown. */
import { CopyButton, ErrorState, LoadingState, useNumbers } from '@freehold/ui-kit';
import { Alert, Badge, Code, Group, Stack, Text } from '@mantine/core';
import { useWords } from '../words';
import type { Answer } from './send';

const COLORS: Readonly<Record<number, string>> = { 2: 'evergreen', 3: 'blue', 4: 'orange', 5: 'red' };
const HUNDRED = 100;

function Outcome({ answer }: { answer: Answer }) {
  const word = useWords();
  const { status, statusText, ms, requestId } = answer;
  return (
    <Stack gap="xs">
      <Group gap="sm" role="status">
        <Badge color={COLORS[Math.floor(status / HUNDRED)] ?? 'gray'} size="lg">
          {[status, statusText].filter(Boolean).join(' ')}
        </Badge>
        <Text size="sm" className="fh-num">
          {word('api.answer.ms', { ms })}
        </Text>
      </Group>
      {requestId && (
        <Group gap="xs">
          <Text size="sm" c="dimmed">
            {word('api.answer.request')}
          </Text>
          <Code className="fh-wrap">{requestId}</Code>
          <CopyButton value={requestId} what={word('api.answer.request')} />
        </Group>
      )}
    </Stack>
  );
}

function Headers({ headers }: Pick<Answer, 'headers'>) {
  const word = useWords();
  return (
    <details>
      <Text component="summary" size="sm" w="fit-content">
        {word('api.answer.headers', { count: headers.length })}
      </Text>
      <Stack gap={2} mt="xs" pl="md">
        {headers.map(([name, value]) => (
          <Text key={name} fz={12} ff="monospace" className="fh-wrap">
            {name}: {value}
          </Text>
        ))}
      </Stack>
    </details>
  );
}

function BodyText({ answer }: { answer: Answer }) {
  const word = useWords();
  const { bytes } = useNumbers();
  const { text, type, isCut } = answer;
  if (text === null) {
    return <Text size="sm">{word('api.answer.binary', { size: bytes(answer.bytes), type })}</Text>;
  }
  if (text === '') return <Text size="sm">{word('api.answer.empty')}</Text>;
  return (
    <Stack gap="xs">
      {isCut && <Alert color="yellow">{word('api.answer.cut')}</Alert>}
      <Group justify="space-between">
        <Text size="sm" fw={500}>
          {word('api.answer.body')}
        </Text>
        <CopyButton value={text} what={word('api.answer.body')} />
      </Group>
      {/* Text that scrolls must be reachable by keyboard. */}
      <section aria-label={word('api.answer.body')}>
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: see above */}
        <pre className="fh-code fh-tall" tabIndex={0}>
          {text}
        </pre>
      </section>
    </Stack>
  );
}

interface AnswerPanelProps {
  isWaiting: boolean;
  answer: Answer | undefined;
  error: unknown;
  onRetry: () => void;
}

export function AnswerPanel({ isWaiting, answer, error, onRetry }: AnswerPanelProps) {
  const word = useWords();
  if (isWaiting) return <LoadingState rows={2} />;
  if (error) return <ErrorState error={error} onRetry={onRetry} />;
  if (!answer) {
    return (
      <Text size="sm" c="dimmed">
        {word('api.answer.none')}
      </Text>
    );
  }
  return (
    <Stack>
      <Outcome answer={answer} />
      <Headers headers={answer.headers} />
      <BodyText answer={answer} />
    </Stack>
  );
}
