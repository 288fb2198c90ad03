/** How many stores a second an upgrade migrates, from what the API said of it lately. */
import { useEffect, useRef, useState } from 'react';
import type { Upgrade } from '../../api';

/** What was longer ago says nothing of now. */
const SEEN_MS_MAX = 30_000;
/** Over less than this a number would jump. */
const SEEN_MS_MIN = 1_000;

interface Seen {
  at: number;
  done: number;
}

export function usePace({ id, state, done, changed_at }: Upgrade): number | null {
  const seen = useRef<{ of: string; times: Seen[] }>({ of: '', times: [] });
  const [pace, setPace] = useState<number | null>(null);
  useEffect(() => {
    const of = `${id} ${state}`;
    if (seen.current.of !== of) seen.current = { of, times: [] };
    const now = { at: Date.parse(changed_at), done };
    const times = [...seen.current.times, now].filter(({ at }) => now.at - at <= SEEN_MS_MAX);
    seen.current.times = times;
    const first = times[0] ?? now;
    const ms = now.at - first.at;
    setPace(state === 'running' && ms >= SEEN_MS_MIN ? ((now.done - first.done) * 1_000) / ms : null);
  }, [id, state, done, changed_at]);
  return pace;
}
