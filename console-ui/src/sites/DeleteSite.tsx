/** The end of a site, behind its typed address. It can be restored for seven days. */
import { ConfirmDialog } from '@freehold/ui-kit';
import { Box, Button, Stack, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import type { Site } from '../api';
import { useWords } from '../words';
import { Section } from './Section';

interface DeleteSiteProps {
  site: Site;
  busy: boolean;
  onDelete: () => Promise<unknown>;
}

export function DeleteSite({ site, busy, onDelete }: DeleteSiteProps) {
  const word = useWords();
  const [opened, dialog] = useDisclosure(false);
  const closed = () => {
    dialog.close();
    // What is different now, and what can be done, stands at the top.
    window.scrollTo({ top: 0 });
  };
  return (
    <Box mt="lg">
      <Section title={word('delete.title')} lead={word('delete.lead')}>
        <Button variant="default" c="var(--mantine-color-error)" onClick={dialog.open}>
          {word('delete')}
        </Button>
      </Section>
      <ConfirmDialog
        opened={opened}
        onClose={dialog.close}
        title={word('delete.ask', { name: site.name })}
        confirm={word('delete')}
        typed={site.slug}
        busy={busy}
        onConfirm={() => void onDelete().finally(closed)}
      >
        <Stack gap={4}>
          <Text size="sm">{word('delete.meaning', { host: new URL(site.url).host })}</Text>
          <Text size="sm">{word('delete.restorable')}</Text>
        </Stack>
      </ConfirmDialog>
    </Box>
  );
}
