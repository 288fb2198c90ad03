/** What is out of the ordinary with a site: what it means, and what to do about it. */
import { AppLink, IconAlertTriangle, Time } from '@freehold/ui-kit';
import { Alert, Button, Group, Text } from '@mantine/core';
import type { Site } from '../api';
import { useWords } from '../words';

interface SiteNoticeProps {
  site: Site;
  restoring: boolean;
  onRestore: () => void;
}

export function SiteNotice({ site, restoring, onRestore }: SiteNoticeProps) {
  const word = useWords();
  const icon = <IconAlertTriangle size={18} />;
  if (site.state === 'suspended') {
    return (
      <Alert color="orange" icon={icon} title={word('suspended.title')} mb="md">
        {site.reason && <Text size="sm">{word('suspended.reason', { reason: site.reason })}</Text>}
        <Text size="sm">{word('suspended.meaning')}</Text>
      </Alert>
    );
  }
  if (site.state === 'deleted') {
    return (
      <Alert color="gray" icon={icon} title={word('deleted.title')} mb="md">
        <Text size="sm" component="div">
          {word('deleted.meaning')}{' '}
          {site.restorable_until && (
            <>
              {word('deleted.until')} <Time at={site.restorable_until} />
            </>
          )}
        </Text>
        <Group mt="sm">
          <Button size="sm" loading={restoring} onClick={onRestore}>
            {word('restore')}
          </Button>
        </Group>
      </Alert>
    );
  }
  if (site.state === 'failed') {
    return (
      <Alert color="red" icon={icon} title={word('failed.title')} mb="md">
        {word('failed.meaning')} <AppLink href="/operations?state=failed">{word('operations')}</AppLink>
      </Alert>
    );
  }
  return null;
}
