/** The four states that every screen has besides its content: empty, loading, error, denied. */
import { Box, Button, Group, Skeleton, Stack, Text, Title } from '@mantine/core';
import type { ReactNode } from 'react';
import { asApiError } from '../api/errors';
import { useKitWords } from '../i18n';
import { IconAlertTriangle, IconLock, IconRefresh, IconSearch } from '../icons';

interface StateProps {
  icon?: ReactNode;
  title: string;
  children?: ReactNode;
  action?: ReactNode;
  role?: 'alert' | 'status';
  /** Stands for the whole screen, so its title is the screen's. */
  whole?: boolean;
}

function State({ icon, title, children, action, role, whole }: StateProps) {
  return (
    <Stack align="center" gap="xs" py={48} px="md" ta="center" role={role}>
      <Box c="dimmed" aria-hidden="true">
        {icon}
      </Box>
      <Title order={whole ? 1 : 2} fz="lg">
        {title}
      </Title>
      {children && (
        <Text c="dimmed" maw={460} component="div" className="fh-wrap">
          {children}
        </Text>
      )}
      {action && <Group mt="xs">{action}</Group>}
    </Stack>
  );
}

export function EmptyState(props: Omit<StateProps, 'role'>) {
  return <State icon={<IconSearch size={28} />} {...props} />;
}

/** Grey bars where rows will be; the words are for those who cannot see them. */
export function LoadingState({ rows = 5 }: { rows?: number }) {
  const word = useKitWords();
  return (
    <Stack gap="sm" p="md" role="status" aria-label={word('loading')}>
      {Array.from({ length: rows }, (_, index) => `bar-${index}`).map((key) => (
        <Skeleton key={key} height={22} />
      ))}
    </Stack>
  );
}

interface ErrorStateProps {
  error: unknown;
  onRetry?: () => void;
  whole?: boolean;
}

/** Says what happened, whether the data is safe, and what to do. A refusal says which rule. */
export function ErrorState({ error, onRetry, whole }: ErrorStateProps) {
  const word = useKitWords();
  const { status, message, requestId, retryAfterSeconds, isOffline } = asApiError(error);
  const id = requestId && (
    <Text fz="xs" mt={4} ff="monospace">
      {word('error.request', { id: requestId })}
    </Text>
  );
  if (status === 401 || status === 403) {
    return (
      <State whole={whole} role="alert" icon={<IconLock size={28} />} title={word('denied.title')}>
        {word('denied.rule', { message })}
        {id}
      </State>
    );
  }
  const explain = () => {
    if (isOffline) return word('error.offline');
    if (status === 404) return word('error.missing');
    if (status === 429) return word('error.busy', { seconds: retryAfterSeconds ?? 60 });
    return status >= 500 ? word('error.server') : message;
  };
  const retry = onRetry && status !== 404 && (
    <Button variant="default" leftSection={<IconRefresh size={16} />} onClick={onRetry}>
      {word('retry')}
    </Button>
  );
  return (
    <State
      whole={whole}
      role="alert"
      icon={<IconAlertTriangle size={28} />}
      title={status === 404 ? word('error.missing.title') : word('error.title')}
      action={retry}
    >
      {explain()}
      {id}
    </State>
  );
}

/** What a screen shows when its own code failed. */
export function CrashState() {
  const word = useKitWords();
  return (
    <State
      whole
      role="alert"
      icon={<IconAlertTriangle size={28} />}
      title={word('crash.title')}
      action={<Button onClick={() => location.reload()}>{word('reload')}</Button>}
    >
      {word('crash.text')}
    </State>
  );
}
