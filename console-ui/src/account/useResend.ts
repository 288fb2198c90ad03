/** Mails the link again that confirms somebody's address, and says where it went. */
import { asApiError, toast, toastProblem, unwrap } from '@freehold/ui-kit';
import { useMutation } from '@tanstack/react-query';
import { postV1EmailResend } from '../api';
import { useWords } from '../words';

export function useResend() {
  const word = useWords();
  return useMutation({
    mutationFn: (_email: string) => unwrap(postV1EmailResend()),
    onError: (error) => toastProblem(word('verify.resend.failed'), asApiError(error)),
    onSuccess: (_answer, email) => toast(word('verify.resent', { email })),
  });
}
