/** Short messages at the corner, read out politely; what can be undone offers it. */
import { Button, Group, Text } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import type { ApiError } from '../api/errors';

const UNDO_MS = 10_000;

export function toast(message: string): void {
  notifications.show({ message, autoClose: 5_000, withBorder: true });
}

export function toastProblem(title: string, error: ApiError): void {
  notifications.show({ title, message: error.message, color: 'red', autoClose: 12_000, withBorder: true });
}

export function toastUndo(message: string, undo: string, onUndo: () => void): void {
  const id = notifications.show({
    autoClose: UNDO_MS,
    withBorder: true,
    message: (
      <Group justify="space-between" wrap="nowrap">
        <Text size="sm">{message}</Text>
        <Button
          size="compact-sm"
          variant="default"
          onClick={() => {
            notifications.hide(id);
            onUndo();
          }}
        >
          {undo}
        </Button>
      </Group>
    ),
  });
}
