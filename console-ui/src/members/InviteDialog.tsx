/** Invites somebody into the account by mail, in a role. */
import { FormProblem, toast, unwrap, useApiForm } from '@freehold/ui-kit';
import { Button, Group, Modal, NativeSelect, Stack, TextInput } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useMemo } from 'react';
import * as z from 'zod';
import { emailRule } from '../account/schemas';
import { postV1AccountMembers, type Role } from '../api';
import { useWords } from '../words';
import { useRoles } from './roles';

export function InviteDialog({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const word = useWords();
  return (
    <Modal opened={opened} onClose={onClose} title={word('invite')}>
      <InviteForm onClose={onClose} />
    </Modal>
  );
}

function InviteForm({ onClose }: { onClose: () => void }) {
  const word = useWords();
  const roles = useRoles();
  const queries = useQueryClient();
  const schema = useMemo(
    () => z.object({ email: emailRule(word), role: z.enum(['owner', 'admin', 'developer', 'billing', 'viewer']) }),
    [word],
  );
  const { form, submit, problem, busy } = useApiForm({
    schema,
    explain: (code) => (code === 'member_already' ? word('problem.already_member') : undefined),
    defaultValues: { email: '', role: 'developer' as Role },
    onSubmit: async (body) => {
      await unwrap(postV1AccountMembers({ body }));
      await queries.invalidateQueries({ queryKey: ['account'] });
      onClose();
      toast(word('invite.done', { name: body.email }));
    },
  });
  return (
    <form onSubmit={submit} noValidate>
      <Stack>
        <FormProblem problem={problem} />
        <TextInput
          label={word('email')}
          type="email"
          autoComplete="off"
          data-autofocus
          error={form.formState.errors.email?.message}
          {...form.register('email')}
        />
        <NativeSelect label={word('role')} data={roles.toGive} {...form.register('role')} />
        <Group justify="flex-end">
          <Button type="submit" loading={busy}>
            {word('invite.send')}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
