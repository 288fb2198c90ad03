/** The text of a post: visually, or as Markdown where the visual editor could lose something. */
import { LoadingState } from '@freehold/ui-kit';
import { Alert, Group, SegmentedControl, Stack, Text, Textarea } from '@mantine/core';
import { lazy, Suspense, useState } from 'react';
import { useWords } from '../words';
import { isHeldByVisualEditor } from './markdown';

const RichText = lazy(() => import('./RichText'));

interface ContentFieldProps {
  markdown: string;
  onChange: (markdown: string) => void;
}

export function ContentField({ markdown, onChange }: ContentFieldProps) {
  const word = useWords();
  const [mode, setMode] = useState<'visual' | 'markdown'>(() =>
    isHeldByVisualEditor(markdown) ? 'visual' : 'markdown',
  );
  const canBeVisual = mode === 'visual' || isHeldByVisualEditor(markdown);
  return (
    <Stack gap={6}>
      <Group justify="space-between">
        <Text size="sm" fw={500} aria-hidden="true">
          {word('post.content')}
        </Text>
        <SegmentedControl
          size="xs"
          aria-label={word('content.mode')}
          data={[
            { value: 'visual', label: word('content.visual'), disabled: !canBeVisual },
            { value: 'markdown', label: 'Markdown' },
          ]}
          value={mode}
          onChange={(next) => setMode(next as 'visual' | 'markdown')}
        />
      </Group>
      {!canBeVisual && (
        <Alert color="blue" p="xs">
          {word('content.kept')}
        </Alert>
      )}
      {mode === 'visual' ? (
        <Suspense fallback={<LoadingState rows={6} />}>
          <RichText label={word('post.content')} markdown={markdown} onChange={onChange} />
        </Suspense>
      ) : (
        <Textarea
          aria-label={word('post.content')}
          autosize
          minRows={14}
          className="fh-mono"
          value={markdown}
          onChange={(event) => onChange(event.currentTarget.value)}
        />
      )}
    </Stack>
  );
}
