/** What went wrong with a form as a whole, in words. */
import { Alert } from '@mantine/core';
import type { ApiError } from '../api/errors';
import { useKitWords } from '../i18n';
import { IconAlertTriangle } from '../icons';

interface FormProblemProps {
  problem: ApiError | null;
  /** Words for a code of the API that this form knows. */
  explain?: (code: string) => string | undefined;
}

export function FormProblem({ problem, explain }: FormProblemProps) {
  const word = useKitWords();
  if (!problem) return null;
  const text = () => {
    const own = explain?.(problem.code);
    if (own) return own;
    if (problem.isOffline) return word('error.offline');
    if (problem.status === 429) return word('error.busy', { seconds: problem.retryAfterSeconds ?? 60 });
    return problem.status >= 500 ? word('error.server') : problem.message;
  };
  return (
    <Alert role="alert" color="red" variant="light" icon={<IconAlertTriangle size={18} />} title={word('form.problem')}>
      {text()}
    </Alert>
  );
}
