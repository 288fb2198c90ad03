/** A ticket that did not let in: why, and how to get another one. */
import { AppLink, asApiError, PlainPage, useTitle } from '@freehold/ui-kit';
import { Text } from '@mantine/core';
import type { ErrorComponentProps } from '@tanstack/react-router';
import { useWords } from '../words';

export function EnterFailed({ error }: ErrorComponentProps) {
  const word = useWords();
  useTitle(word('enter.failed'));
  return (
    <PlainPage
      name={word('admin')}
      title={word('enter.failed')}
      footer={<AppLink href="/sign-in">{word('enter.password')}</AppLink>}
    >
      <Text role="alert">{asApiError(error).isOffline ? word('enter.offline') : word('enter.old')}</Text>
    </PlainPage>
  );
}
