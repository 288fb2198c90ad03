/** The call that a screen makes, to be copied: as curl and as JavaScript. */
import { Box, Group, SegmentedControl, Stack, Text } from '@mantine/core';
import { useState } from 'react';
import { useKitWords } from '../i18n';
import { CopyButton } from './CopyButton';

export interface ApiCall {
  title: string;
  method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  url: string;
  /** The name of the variable that holds the caller's token, if one is needed. */
  token?: string;
  body?: unknown;
}

const QUOTE = /'/g;

export function asCurl({ method, url, token, body }: ApiCall): string {
  const parts = [`curl -g${method === 'GET' ? '' : ` -X ${method}`} '${url.replace(QUOTE, `'\\''`)}'`];
  if (token) parts.push(`-H "Authorization: Bearer $${token}"`);
  if (body) parts.push("-H 'Content-Type: application/json'", `-d '${JSON.stringify(body).replace(QUOTE, `'\\''`)}'`);
  return parts.join(' \\\n  ');
}

export function asJavaScript({ method, url, token, body }: ApiCall): string {
  const headers = [
    ...(token ? [`Authorization: \`Bearer \${process.env.${token}}\``] : []),
    ...(body ? ["'Content-Type': 'application/json'"] : []),
  ];
  const options = [
    ...(method === 'GET' ? [] : [`method: '${method}'`]),
    ...(headers.length > 0 ? [`headers: { ${headers.join(', ')} }`] : []),
    ...(body ? [`body: JSON.stringify(${JSON.stringify(body)})`] : []),
  ];
  const second = options.length > 0 ? `, {\n  ${options.join(',\n  ')},\n}` : '';
  return `const answer = await fetch(${JSON.stringify(url)}${second});\nconst { data } = await answer.json();`;
}

export function ApiCalls({ calls }: { calls: readonly ApiCall[] }) {
  const word = useKitWords();
  const [language, setLanguage] = useState('curl');
  return (
    <Stack gap="md">
      <SegmentedControl
        aria-label={word('calls.language')}
        size="xs"
        w="fit-content"
        data={[
          { value: 'curl', label: 'curl' },
          { value: 'js', label: 'JavaScript' },
        ]}
        value={language}
        onChange={setLanguage}
      />
      {calls.map((call) => {
        const text = language === 'curl' ? asCurl(call) : asJavaScript(call);
        return (
          <Box key={call.title}>
            <Group justify="space-between" mb={4}>
              <Text size="sm" fw={500}>
                {call.title}
              </Text>
              <CopyButton value={text} what={call.title} />
            </Group>
            {/* Code that scrolls sideways must be reachable by keyboard. */}
            <section aria-label={call.title}>
              {/* biome-ignore lint/a11y/noNoninteractiveTabindex: see above */}
              <pre className="fh-code" tabIndex={0}>
                {text}
              </pre>
            </section>
          </Box>
        );
      })}
    </Stack>
  );
}
