/** What went wrong with a form as a whole, in words. */
import { Alert } from '@mantine/core';
import type { ApiError } from '../api/errors';
import { useKitWords } from '../i18n';
import { IconAlertTriangle } from '../icons';
import { useReason } from './useReason';

interface FormProblemProps {
  problem: ApiError | null;
  /** Words for a code of the API that this form knows. */
  explain?: (code: string) => string | undefined;
}

export function FormProblem({ problem, explain }: FormProblemProps) {
  const word = useKitWords();
  const reason = useReason();
  if (!problem) return null;
  return (
    <Alert role="alert" color="red" variant="light" icon={<IconAlertTriangle size={18} />} title={word('form.problem')}>
      {explain?.(problem.code) ?? reason(problem)}
    </Alert>
  );
}
