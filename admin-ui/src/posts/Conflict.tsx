/** Somebody else saved meanwhile: what differs, field by field, and which text to keep. */
import { IconAlertTriangle, Time } from '@freehold/ui-kit';
import { Alert, Box, Button, Group, SimpleGrid, Text } from '@mantine/core';
import { useWords } from '../words';
import type { Tagged } from './queries';
import type { Values } from './usePostDraft';

interface ConflictProps {
  mine: Values;
  theirs: Tagged;
  onSettle: (theirs: Tagged, keepMine: boolean) => void;
}

export function Conflict({ mine, theirs, onSettle }: ConflictProps) {
  const word = useWords();
  const { post } = theirs;
  const fields = [
    { label: word('post.title'), mine: mine.title, theirs: post.title },
    { label: word('post.content'), mine: mine.content, theirs: post.content },
    { label: word('post.excerpt'), mine: mine.excerpt ?? post.excerpt, theirs: post.excerpt },
  ].filter((field) => field.mine !== field.theirs);
  return (
    <Alert role="alert" color="orange" icon={<IconAlertTriangle size={18} />} title={word('conflict.title')} mb="md">
      <Text size="sm" component="div">
        {word('conflict.text')} <Time at={post.updated_at} seconds />
      </Text>
      {fields.map((field) => (
        <Box key={field.label} mt="sm">
          <Text size="sm" fw={600}>
            {field.label}
          </Text>
          <SimpleGrid cols={{ base: 1, sm: 2 }}>
            <Side label={word('conflict.mine')} text={field.mine} />
            <Side label={word('conflict.theirs')} text={field.theirs} />
          </SimpleGrid>
        </Box>
      ))}
      <Group mt="md">
        <Button size="sm" onClick={() => onSettle(theirs, true)}>
          {word('conflict.keep')}
        </Button>
        <Button size="sm" variant="default" onClick={() => onSettle(theirs, false)}>
          {word('conflict.take')}
        </Button>
      </Group>
    </Alert>
  );
}

function Side({ label, text }: { label: string; text: string }) {
  return (
    <div>
      <Text size="xs" c="dimmed">
        {label}
      </Text>
      <Text size="sm" className="fh-wrap" lineClamp={6} component="div">
        {text}
      </Text>
    </div>
  );
}
