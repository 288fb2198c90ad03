/** Reminds somebody whose e-mail address is not confirmed, and mails the link again. */
import { asApiError, IconAlertTriangle, toast, toastProblem, unwrap } from '@freehold/ui-kit';
import { Alert, Button, Group, Text } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { postV1EmailResend } from '../api';
import { meQuery } from '../app/session';
import { useWords } from '../words';

export function VerifyNotice() {
  const word = useWords();
  const me = useQuery(meQuery);
  const email = me.data?.email;
  const resend = useMutation({
    mutationFn: () => unwrap(postV1EmailResend()),
    onError: (error) => toastProblem(word('verify.resend.failed'), asApiError(error)),
    onSuccess: () => toast(word('verify.resent', { email: email ?? '' })),
  });
  if (!email || me.data?.verified) return null;
  return (
    <Alert mb="lg" color="orange" icon={<IconAlertTriangle size={18} />} title={word('verify.notice')}>
      <Group justify="space-between" gap="sm">
        <Text size="sm" className="fh-wrap">
          {word('verify.notice.text', { email })}
        </Text>
        <Button size="compact-sm" variant="default" loading={resend.isPending} onClick={() => resend.mutate()}>
          {word('verify.resend')}
        </Button>
      </Group>
    </Alert>
  );
}
