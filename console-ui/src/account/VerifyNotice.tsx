/** Reminds somebody whose e-mail address is not confirmed, and mails the link again. */
import { IconAlertTriangle } from '@freehold/ui-kit';
import { Alert, Button, Group, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { meQuery } from '../app/session';
import { useWords } from '../words';
import { useResend } from './useResend';

export function VerifyNotice() {
  const word = useWords();
  const me = useQuery(meQuery);
  const email = me.data?.email;
  const resend = useResend();
  if (!email || me.data?.verified) return null;
  return (
    <Alert mb="lg" color="orange" icon={<IconAlertTriangle size={18} />} title={word('verify.notice')}>
      <Group justify="space-between" gap="sm">
        <Text size="sm" className="fh-wrap">
          {word('verify.notice.text', { email })}
        </Text>
        <Button size="compact-sm" variant="default" loading={resend.isPending} onClick={() => resend.mutate(email)}>
          {word('verify.resend')}
        </Button>
      </Group>
    </Alert>
  );
}
