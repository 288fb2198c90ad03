/** Looks through a store. Of a site that is served this is asked about first: what is found ends its service. */
import { ConfirmDialog } from '@freehold/ui-kit';
import { Button } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import type { Tenant } from '../../api';
import { useWords } from '../../words';
import { useStoreActions } from './useStoreActions';

export function CheckButton({ tenant }: { tenant: Tenant }) {
  const word = useWords();
  const [asking, ask] = useDisclosure(false);
  const { check } = useStoreActions();
  return (
    <>
      <Button variant="default" loading={check.isPending} onClick={ask.open}>
        {word('check')}
      </Button>
      <ConfirmDialog
        opened={asking}
        onClose={ask.close}
        title={word('check.ask', { name: tenant.name })}
        confirm={word('check')}
        calm
        onConfirm={() => {
          ask.close();
          check.mutate(tenant);
        }}
      >
        {tenant.quarantine ? word('check.meaning.quarantined') : word('check.meaning')}
      </ConfirmDialog>
    </>
  );
}
