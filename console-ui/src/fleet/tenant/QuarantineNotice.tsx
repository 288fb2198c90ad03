/** Why a site is not served, what that means, and the way out: mend, check, release. */
import { ConfirmDialog, IconAlertTriangle, Time } from '@freehold/ui-kit';
import { Alert, Button, Group, List, Stack, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import type { Tenant } from '../../api';
import { useWords } from '../../words';
import { CheckButton } from './CheckButton';
import { useStoreActions } from './useStoreActions';

const CAUSES = {
  migration: 'cause.migration',
  damage: 'cause.damage',
  other: 'cause.other',
} as const;

export function QuarantineNotice({ tenant }: { tenant: Tenant }) {
  const word = useWords();
  const [asking, ask] = useDisclosure(false);
  const { release } = useStoreActions();
  const { quarantine } = tenant;
  if (!quarantine) return null;
  const cause = CAUSES[quarantine.cause as keyof typeof CAUSES] ?? CAUSES.other;
  const steps = [word('quarantine.mend'), word('quarantine.check'), word('quarantine.release')];
  return (
    <Alert color="red" icon={<IconAlertTriangle size={18} />} title={word(cause)}>
      <Stack gap="xs">
        <Text size="sm" className="fh-wrap">
          {quarantine.reason}
        </Text>
        <Text size="sm" component="div">
          {word('quarantine.since')} <Time at={quarantine.since} seconds />. {word('quarantine.meaning')}
        </Text>
        <List type="ordered" size="sm" spacing={4}>
          {steps.map((step) => (
            <List.Item key={step}>{step}</List.Item>
          ))}
        </List>
        <Group gap="xs">
          <CheckButton tenant={tenant} />
          <Button loading={release.isPending} onClick={ask.open}>
            {word('release')}
          </Button>
        </Group>
      </Stack>
      <ConfirmDialog
        opened={asking}
        onClose={ask.close}
        title={word('release.ask', { name: tenant.name })}
        confirm={word('release')}
        calm
        onConfirm={() => {
          ask.close();
          release.mutate(tenant);
        }}
      >
        {word('release.meaning')}
      </ConfirmDialog>
    </Alert>
  );
}
