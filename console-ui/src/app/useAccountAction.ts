/** One change to an account: says how it went and asks anew for what it touches. */
import { asApiError, toast, toastProblem } from '@freehold/ui-kit';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useWords } from '../words';

interface AccountAction<Subject, Answer> {
  act: (subject: Subject) => Promise<Answer>;
  done: (subject: Subject) => string;
}

export function useAccountAction<Subject, Answer>({ act, done }: AccountAction<Subject, Answer>) {
  const word = useWords();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: act,
    onError: (error) => toastProblem(word('account.failed'), asApiError(error)),
    onSuccess: (_answer, subject) => toast(done(subject)),
    onSettled: () => {
      void queries.invalidateQueries({ queryKey: ['account'] });
      void queries.invalidateQueries({ queryKey: ['me'] });
    },
  });
}
