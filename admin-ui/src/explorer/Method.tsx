/** Methods in their colours: reading is calm, deleting is red. */
import { Badge } from '@mantine/core';
import type { Method } from './document';

const BADGES: Record<Method, string> = {
  GET: 'blue',
  POST: 'evergreen',
  PUT: 'violet',
  PATCH: 'violet',
  DELETE: 'red',
};

/** Colours of buttons, with white text that is readable in both schemes. */
export const BUTTONS: Record<Method, string | undefined> = {
  GET: 'blue.8',
  // The accent.
  POST: undefined,
  PUT: 'violet.8',
  PATCH: 'violet.8',
  DELETE: 'red.8',
};

export function MethodBadge({ method }: { method: Method }) {
  return (
    <Badge color={BADGES[method]} size="sm" radius="sm" ff="monospace" miw={58}>
      {method}
    </Badge>
  );
}
