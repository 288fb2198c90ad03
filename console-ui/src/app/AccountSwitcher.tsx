/**
 * All accounts that somebody is in, with their role in each: found by name, chosen by keyboard. What
 * was typed puts the first account that fits under Enter.
 */
import { asApiError, IconCheck, startOver, toastProblem, unwrap } from '@freehold/ui-kit';
import { Combobox, Group, Modal, ScrollArea, Stack, Text, TextInput, useCombobox } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { type Me, postV1SessionsCurrentAccount } from '../api';
import { useRoles } from '../members/roles';
import { useWords } from '../words';

interface AccountSwitcherProps {
  me: Me;
  opened: boolean;
  onClose: () => void;
}

export function AccountSwitcher({ me, opened, onClose }: AccountSwitcherProps) {
  const word = useWords();
  return (
    <Modal opened={opened} onClose={onClose} title={word('account.switch')}>
      <Accounts me={me} onClose={onClose} />
    </Modal>
  );
}

function useSwitch() {
  const word = useWords();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (account_id: string) => unwrap(postV1SessionsCurrentAccount({ body: { account_id } })),
    onError: (error) => toastProblem(word('account.failed'), asApiError(error)),
    onSuccess: () => {
      startOver(queries);
      // A screen that is open keeps what it shows when the cache is emptied: nothing of it may stay.
      location.assign('/sites');
    },
  });
}

function Accounts({ me, onClose }: Omit<AccountSwitcherProps, 'opened'>) {
  const word = useWords();
  const roles = useRoles();
  const change = useSwitch();
  const [text, setText] = useState('');
  const [first, setFirst] = useState<string | null>(null);
  const combobox = useCombobox({ opened: true });
  const { resetSelectedOption, selectFirstOption } = combobox;
  const wanted = text.trim().toLowerCase();
  const fitting = me.accounts.filter(({ name }) => name.toLowerCase().includes(wanted));
  useEffect(() => {
    resetSelectedOption();
    setFirst(wanted ? selectFirstOption() : null);
  }, [wanted, resetSelectedOption, selectFirstOption]);
  const choose = (id: string) => {
    if (id === me.account.id) onClose();
    else if (!change.isPending && !change.isSuccess) change.mutate(id);
  };
  // The combobox tells ears only what arrows have chosen.
  const spoken = first ? { 'aria-activedescendant': first } : {};
  return (
    <Combobox store={combobox} onOptionSubmit={choose}>
      <Stack gap="sm" pt={4}>
        {/* Its Escape belongs to the dialog: this list has nothing to close. */}
        <Combobox.EventsTarget withExpandedAttribute data-mantine-stop-propagation={false} {...spoken}>
          <TextInput
            aria-label={word('account.search')}
            placeholder={word('account.search')}
            data-autofocus
            value={text}
            onChange={(event) => setText(event.currentTarget.value)}
            onKeyDown={(event) => event.key.startsWith('Arrow') && setFirst(null)}
          />
        </Combobox.EventsTarget>
        <ScrollArea.Autosize mah={320} type="auto">
          <Combobox.Options aria-label={word('accounts')} aria-busy={change.isPending}>
            {fitting.map((account) => (
              <Combobox.Option key={account.id} value={account.id} aria-selected={account.id === me.account.id}>
                <Group justify="space-between" wrap="nowrap">
                  <div>
                    <Text size="sm" fw={500} className="fh-wrap">
                      {account.name}
                    </Text>
                    <Text size="xs" c="dimmed">
                      {roles.label(account.role)}
                    </Text>
                  </div>
                  {account.id === me.account.id && <IconCheck size={16} aria-hidden="true" />}
                </Group>
              </Combobox.Option>
            ))}
          </Combobox.Options>
        </ScrollArea.Autosize>
        <Text size="sm" c="dimmed" role="status">
          {fitting.length === 0 && word('account.none')}
        </Text>
      </Stack>
    </Combobox>
  );
}
