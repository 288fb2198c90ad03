/** A ticket that did not let in: why, and how to get another one. */
import { AppLink, PlainPage, useTitle } from '@freehold/ui-kit';
import { Text } from '@mantine/core';
import { getRouteApi } from '@tanstack/react-router';
import { useWords } from '../words';

const route = getRouteApi('/enter');

export function EnterFailed() {
  const { problem } = route.useRouteContext();
  const word = useWords();
  useTitle(word('enter.failed'));
  return (
    <PlainPage
      name={word('admin')}
      title={word('enter.failed')}
      footer={<AppLink href="/sign-in">{word('enter.password')}</AppLink>}
    >
      <Text role="alert">{problem.isOffline ? word('enter.offline') : word('enter.old')}</Text>
    </PlainPage>
  );
}
