/** Adds a user with a first password, which they change themselves. */
import { FormProblem, toast, unwrap, useApiForm } from '@freehold/ui-kit';
import { Button, Group, Modal, NativeSelect, PasswordInput, Stack, TextInput } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useMemo } from 'react';
import * as z from 'zod';
import { postApiV1AdminUsers } from '../api';
import { useWords } from '../words';
import { useRoles } from './roles';

export function AddUserDialog({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const word = useWords();
  return (
    <Modal opened={opened} onClose={onClose} title={word('user.add')}>
      <AddUser onAdded={onClose} />
    </Modal>
  );
}

function AddUser({ onAdded }: { onAdded: () => void }) {
  const word = useWords();
  const roles = useRoles();
  const queries = useQueryClient();
  const schema = useMemo(
    () =>
      z.object({
        email: z.string().trim().min(3, word('rule.required')),
        username: z.string().trim().min(2, word('rule.username')).max(50, word('rule.username')),
        role: z.string(),
        password: z.string().min(8, word('rule.password')).max(128, word('rule.password')),
      }),
    [word],
  );
  const { form, submit, problem, busy } = useApiForm<z.infer<typeof schema>>({
    schema,
    defaultValues: { email: '', username: '', role: 'author', password: '' },
    onSubmit: async (body) => {
      const user = await unwrap(postApiV1AdminUsers({ body }));
      await queries.invalidateQueries({ queryKey: ['users'] });
      toast(word('user.added', { name: user.username }));
      onAdded();
    },
  });
  const { errors } = form.formState;
  return (
    <form onSubmit={submit} noValidate>
      <Stack>
        <FormProblem problem={problem} />
        <TextInput
          label={word('email')}
          type="email"
          autoComplete="off"
          data-autofocus
          error={errors.email?.message}
          {...form.register('email')}
        />
        <TextInput
          label={word('username')}
          autoComplete="off"
          error={errors.username?.message}
          {...form.register('username')}
        />
        <NativeSelect label={word('role')} data={roles.described} {...form.register('role')} />
        <PasswordInput
          label={word('password.first')}
          description={word('password.first.hint')}
          autoComplete="new-password"
          visibilityToggleButtonProps={{ 'aria-label': word('password.show') }}
          error={errors.password?.message}
          {...form.register('password')}
        />
        <Group justify="flex-end">
          <Button type="submit" loading={busy}>
            {word('user.add.do')}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
