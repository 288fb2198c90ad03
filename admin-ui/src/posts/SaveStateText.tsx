/** Whether what is typed is saved, in words that are true. */

import { useLocale } from '@freehold/ui-kit';
import { Loader, Text } from '@mantine/core';
import { useWords } from '../words';
import type { SaveState } from './usePostDraft';

export function SaveStateText({ state, isDraft }: { state: SaveState; isDraft: boolean }) {
  const word = useWords();
  const locale = useLocale();
  const text = () => {
    switch (state.is) {
      case 'new':
        return word('save.new');
      case 'dirty':
        return isDraft ? word('save.dirty.draft') : word('save.dirty');
      case 'saving':
        return word('save.saving');
      case 'offline':
        return word('save.offline');
      case 'failed':
        return word('save.failed');
      case 'conflict':
        return word('save.conflict');
      case 'saved':
        return state.at
          ? word('save.saved.at', { time: new Intl.DateTimeFormat(locale, { timeStyle: 'short' }).format(state.at) })
          : word('save.saved');
    }
  };
  const isBad = state.is === 'failed' || state.is === 'conflict' || state.is === 'offline';
  return (
    <Text size="sm" role="status" c={isBad ? 'var(--mantine-color-error)' : 'dimmed'}>
      {state.is === 'saving' && <Loader size={12} mr={6} aria-hidden="true" />}
      {text()}
    </Text>
  );
}
