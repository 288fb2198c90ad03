/** Why something did not work, in words, where nobody knows the API's code better. */
import type { ApiError } from '../api/errors';
import { useKitWords } from '../i18n';

export function useReason(): (problem: ApiError) => string {
  const word = useKitWords();
  return (problem) => {
    if (problem.isOffline) return word('error.offline');
    if (problem.status === 429) return word('error.busy', { seconds: problem.retryAfterSeconds ?? 60 });
    return problem.status >= 500 ? word('error.server') : problem.message;
  };
}
