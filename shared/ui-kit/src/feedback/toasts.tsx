/** Short messages at the corner, read out politely; what can be undone offers it. */
import { Button, Group, Text } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import type { ApiError } from '../api/errors';
import { forgetUndo, offerUndo } from './undo';

const UNDO_MS = 10_000;

export function toast(message: string): void {
  notifications.show({ message, autoClose: 5_000, withBorder: true });
}

export function toastProblem(title: string, error: ApiError): void {
  notifications.show({ title, message: error.message, color: 'red', autoClose: 12_000, withBorder: true });
}

let offered = 0;

/** Offers to undo what was done, by its button or by Ctrl/⌘ Z, until the message goes. */
export function toastUndo(message: string, undo: string, onUndo: () => void): void {
  const id = `undo-${offered++}`;
  const run = () => {
    forgetUndo(id);
    notifications.hide(id);
    onUndo();
  };
  offerUndo({ id, run });
  notifications.show({
    id,
    autoClose: UNDO_MS,
    withBorder: true,
    onClose: () => forgetUndo(id),
    message: (
      <Group justify="space-between" wrap="nowrap">
        <Text size="sm">{message}</Text>
        <Button size="compact-sm" variant="default" aria-keyshortcuts="Control+Z Meta+Z" onClick={run}>
          {undo}
        </Button>
      </Group>
    ),
  });
}
