/** A site's state as a badge: word and colour, never colour alone. */
import { Badge } from '@mantine/core';
import type { Site } from '../api';
import { useWords } from '../words';

const STATES = {
  provisioning: { key: 'state.provisioning', color: 'blue' },
  ready: { key: 'state.ready', color: 'evergreen' },
  suspended: { key: 'state.suspended', color: 'orange' },
  deleted: { key: 'state.deleted', color: 'gray' },
  failed: { key: 'state.failed', color: 'red' },
} as const satisfies Record<Site['state'], { key: string; color: string }>;

export function SiteState({ state }: { state: Site['state'] }) {
  const word = useWords();
  return <Badge color={STATES[state].color}>{word(STATES[state].key)}</Badge>;
}

export function useStateOptions() {
  const word = useWords();
  return Object.entries(STATES).map(([value, { key }]) => ({ value, label: word(key) }));
}
