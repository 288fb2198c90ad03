/** The head of a screen: its one h1, a line about it, its actions. Names the browser's tab too. */
import { Group, Text, Title } from '@mantine/core';
import { type ReactNode, useEffect } from 'react';

interface PageHeadProps {
  title: string;
  badge?: ReactNode;
  lead?: ReactNode;
  actions?: ReactNode;
}

export function useTitle(title: string) {
  useEffect(() => {
    document.title = `${title} · Freehold`;
  }, [title]);
}

export function PageHead({ title, badge, lead, actions }: PageHeadProps) {
  useTitle(title);
  return (
    <Group justify="space-between" align="flex-start" mb="md" gap="sm">
      <div>
        <Group gap="sm">
          <Title order={1} fz={24} className="fh-wrap">
            {title}
          </Title>
          {badge}
        </Group>
        {lead && (
          <Text c="dimmed" size="sm" mt={2} component="div">
            {lead}
          </Text>
        )}
      </div>
      {actions && <Group gap="xs">{actions}</Group>}
    </Group>
  );
}
