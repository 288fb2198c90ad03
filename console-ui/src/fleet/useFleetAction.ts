/** One change to the fleet: says how it went and asks the fleet's lists anew. */
import { asApiError, toast, toastProblem } from '@freehold/ui-kit';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useWords } from '../words';

interface FleetAction<Subject, Answer> {
  act: (subject: Subject) => Promise<Answer>;
  done?: (subject: Subject, answer: Answer) => string;
}

export function useFleetAction<Subject, Answer>({ act, done }: FleetAction<Subject, Answer>) {
  const word = useWords();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: act,
    onError: (error) => toastProblem(word('fleet.failed'), asApiError(error)),
    onSuccess: (answer, subject) => {
      void queries.invalidateQueries({ queryKey: ['fleet'] });
      if (done) toast(done(subject, answer));
    },
  });
}
