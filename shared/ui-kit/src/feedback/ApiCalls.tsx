/** The call that a screen makes, to be copied: for curl, in JavaScript and in Rust. */
import { Box, Group, SegmentedControl, Stack, Text } from '@mantine/core';
import { useState } from 'react';
import { useKitWords } from '../i18n';
import { CopyButton } from './CopyButton';
import { type ApiCall, type Language, written } from './snippets';

export function ApiCalls({ calls }: { calls: readonly ApiCall[] }) {
  const word = useKitWords();
  const [language, setLanguage] = useState<Language>('curl');
  return (
    <Stack gap="md">
      <SegmentedControl
        aria-label={word('calls.language')}
        size="xs"
        w="fit-content"
        data={[
          { value: 'curl', label: 'curl' },
          { value: 'js', label: 'JavaScript' },
          { value: 'rust', label: 'Rust' },
        ]}
        value={language}
        onChange={(value) => setLanguage(value as Language)}
      />
      {calls.map((call) => {
        const text = written(call, language);
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
