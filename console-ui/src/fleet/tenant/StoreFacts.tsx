/** Where a tenant's data is and who serves it, with what can be done to the store. */
import { Button, Code, Group, SimpleGrid, Stack, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import type { Tenant } from '../../api';
import { Section } from '../../sites/Section';
import { Fact } from '../../sites/SiteFacts';
import { useWords } from '../../words';
import { CheckButton } from './CheckButton';
import { ConvertDialog } from './ConvertDialog';
import { enginesFor } from './engines';
import { databasesQuery } from './queries';

const HAS_STORE: readonly Tenant['state'][] = ['ready', 'suspended'];

export function StoreFacts({ tenant }: { tenant: Tenant }) {
  const word = useWords();
  const id = (value: string) => (
    <Text span ff="monospace" size="xs">
      {value}
    </Text>
  );
  return (
    <Section title={word('store')}>
      <Stack gap="sm">
        <Fact label={word('id')} copy={tenant.id}>
          {id(tenant.id)}
        </Fact>
        <SimpleGrid cols={2} spacing="sm">
          <Fact label={word('account')}>{id(tenant.account_id)}</Fact>
          <Fact label={word('store.worker')}>{id(tenant.worker_id)}</Fact>
          <Fact label={word('tenant.engine')}>
            <Code>{tenant.engine}</Code>
          </Fact>
          <Fact label={word('store.schema')}>{tenant.schema_version ?? word('store.schema.unknown')}</Fact>
        </SimpleGrid>
        {HAS_STORE.includes(tenant.state) && <Actions tenant={tenant} />}
      </Stack>
    </Section>
  );
}

/** A check of one in quarantine stands with what is wrong, not here. */
function Actions({ tenant }: { tenant: Tenant }) {
  const word = useWords();
  const [opened, dialog] = useDisclosure(false);
  const databases = useQuery(databasesQuery(tenant.worker_id));
  const engines = enginesFor(tenant.engine, databases.data ?? []);
  const refusal = () => {
    if (tenant.quarantine) return word('convert.quarantined');
    return databases.data && engines.length === 0 ? word('convert.nowhere') : '';
  };
  return (
    <>
      <Group gap="xs">
        {!tenant.quarantine && <CheckButton tenant={tenant} />}
        <Button variant="default" disabled={engines.length === 0 || Boolean(tenant.quarantine)} onClick={dialog.open}>
          {word('convert')}
        </Button>
      </Group>
      {refusal() && (
        <Text size="sm" c="dimmed">
          {refusal()}
        </Text>
      )}
      <ConvertDialog opened={opened} onClose={dialog.close} tenant={tenant} engines={engines} />
    </>
  );
}
