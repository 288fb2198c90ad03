/** Asks for the operator's token. It is tried before it is kept, and kept for this tab alone. */
import { FormProblem, PageHead, unwrap, useApiForm } from '@freehold/ui-kit';
import { Box, Button, PasswordInput, Stack } from '@mantine/core';
import { useMemo } from 'react';
import * as z from 'zod';
import { getV1FleetWorkers } from '../api';
import { changeOperatorToken } from '../app/useOperatorToken';
import { useWords } from '../words';

export function OperatorSignIn() {
  const word = useWords();
  const schema = useMemo(() => z.object({ token: z.string().trim().min(1, word('rule.required')) }), [word]);
  const { form, submit, problem, busy } = useApiForm({
    schema,
    defaultValues: { token: '' },
    onSubmit: async ({ token }) => {
      const headers = { Authorization: `Bearer ${token}` };
      await unwrap(getV1FleetWorkers({ headers, query: { page_size: 1 } }));
      changeOperatorToken(token);
    },
  });
  return (
    <Box maw={520}>
      <PageHead title={word('operator.sign_in')} lead={word('operator.lead')} />
      <form onSubmit={submit} noValidate>
        <Stack className="fh-surface" p="lg">
          <FormProblem
            problem={problem}
            explain={(code) => (code === 'unauthorized' || code === 'forbidden' ? word('operator.wrong') : undefined)}
          />
          <PasswordInput
            label={word('operator.token')}
            description={word('operator.token.hint')}
            autoComplete="off"
            visibilityToggleButtonProps={{ 'aria-label': word('password.show') }}
            error={form.formState.errors.token?.message}
            {...form.register('token')}
          />
          <Button type="submit" loading={busy}>
            {word('operator.enter')}
          </Button>
        </Stack>
      </form>
    </Box>
  );
}
