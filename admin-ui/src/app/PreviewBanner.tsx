/** Says that the admin is seen as somebody of a lesser role would see it, and ends that. */
import { IconEye } from '@freehold/ui-kit';
import { Alert, Button, Group, Text } from '@mantine/core';
import { viewAs, viewedAs } from '../session/viewAs';
import { useRoles } from '../users/roles';
import { useWords } from '../words';

export function PreviewBanner() {
  const word = useWords();
  const roles = useRoles();
  const role = viewedAs();
  if (!role) return null;
  return (
    <Alert color="blue" icon={<IconEye size={18} />} mb="md" role="status">
      <Group justify="space-between" gap="sm">
        <Text size="sm">{word('view_as.banner', { role: roles.short(role) })}</Text>
        <Button size="compact-sm" variant="default" onClick={() => viewAs(null)}>
          {word('view_as.stop')}
        </Button>
      </Group>
    </Alert>
  );
}
