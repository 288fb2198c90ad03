/** The body as JSON, and what its fields are. */
import { Badge, Code, Group, Stack, Text, Textarea } from '@mantine/core';
import { useWords } from '../words';
import { BODY, type FieldProblem } from './call';
import type { Body, Schema } from './document';
import { describe, kindOf, propertiesOf } from './example';
import { Prose } from './Prose';
import { useProblemWords } from './words';

interface BodyFieldProps {
  root: Schema;
  body: Body;
  value: string;
  problem: FieldProblem | undefined;
  onChange: (value: string) => void;
}

function Fields({ root, body }: Pick<BodyFieldProps, 'root' | 'body'>) {
  const word = useWords();
  const properties = propertiesOf(root, body.schema);
  if (properties.length === 0) return null;
  return (
    <details>
      <Text component="summary" size="sm" w="fit-content">
        {word('api.body.fields')}
      </Text>
      <Stack gap="xs" mt="xs" pl="md">
        {properties.map(({ name, required, schema }) => (
          <div key={name}>
            <Group gap="xs">
              <Code className="fh-wrap">{name}</Code>
              <Text size="xs" c="dimmed" ff="monospace" className="fh-wrap">
                {kindOf(root, schema)}
              </Text>
              {required && (
                <Badge color="gray" size="sm">
                  {word('api.body.required')}
                </Badge>
              )}
            </Group>
            <Text size="sm" c="dimmed" className="fh-wrap">
              <Prose text={describe(root, schema)} />
            </Text>
          </div>
        ))}
      </Stack>
    </details>
  );
}

export function BodyField({ root, body, value, problem, onChange }: BodyFieldProps) {
  const word = useWords();
  const explain = useProblemWords();
  return (
    <Stack gap="xs">
      <Textarea
        name={BODY}
        label={word('api.body')}
        withAsterisk={body.required}
        error={problem && explain(problem)}
        className="fh-mono"
        spellCheck={false}
        autoComplete="off"
        autosize
        minRows={4}
        maxRows={24}
        value={value}
        onChange={(event) => onChange(event.currentTarget.value)}
      />
      <Fields root={root} body={body} />
    </Stack>
  );
}
