/**
 * Where the mail about an address leads. A button confirms, not the visit alone: mail programs
 * open links by themselves, and the token works once.
 */
import { AppLink, asApiError, FormProblem, PlainPage, unwrap, useTitle } from '@freehold/ui-kit';
import { Button, Stack, Text } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { postV1EmailVerify } from '../api';
import { useWords } from '../words';
import { mailToken } from './mailToken';

export function Verify() {
  const word = useWords();
  const [token] = useState(mailToken);
  useTitle(word('verify.title'));
  const verify = useMutation({ mutationFn: () => unwrap(postV1EmailVerify({ body: { token } })) });
  return (
    <PlainPage name="Freehold" title={word('verify.title')} lead={word('verify.lead')}>
      <Stack>
        <FormProblem
          problem={verify.error ? asApiError(verify.error) : null}
          explain={(code) => (code === 'invalid_token' ? word('token.invalid') : undefined)}
        />
        {!token && <Text c="var(--mantine-color-error)">{word('token.missing')}</Text>}
        {verify.isSuccess ? (
          <Stack role="status">
            <Text>{word('verify.done')}</Text>
            <AppLink href="/sites">{word('verify.on')}</AppLink>
          </Stack>
        ) : (
          <Button loading={verify.isPending} disabled={!token} onClick={() => verify.mutate()}>
            {word('verify.submit')}
          </Button>
        )}
      </Stack>
    </PlainPage>
  );
}
