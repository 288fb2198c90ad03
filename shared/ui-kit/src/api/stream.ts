/**
 * Server-sent events over fetch, which unlike EventSource carries headers and says why it was
 * refused. Reconnects with growing pauses until it is over or aborted.
 */
import { refusal } from './errors';

const PAUSE_MS_MIN = 500;
const PAUSE_MS_MAX = 10_000;

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => (clearTimeout(timer), resolve()), { once: true });
  });
}

async function readEvents(response: Response, onData: (data: string) => void): Promise<void> {
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  for (let part = await reader?.read(); part && !part.done; part = await reader?.read()) {
    const blocks = (rest + part.value).split('\n\n');
    rest = blocks.pop() ?? '';
    for (const block of blocks) {
      const lines = block.split('\n').filter((line) => line.startsWith('data:'));
      if (lines.length > 0) onData(lines.map((line) => line.slice(5).trimStart()).join('\n'));
    }
  }
}

export interface EventSourceOptions {
  url: string;
  headers?: Record<string, string>;
  /** Gets each event's data; true means that no more will come. */
  onData: (data: string) => boolean;
  signal: AbortSignal;
}

/** Follows a stream until `onData` says that it is over. Throws what the API refuses. */
export async function followEvents({ url, headers, onData, signal }: EventSourceOptions): Promise<void> {
  let over = false;
  for (let wait = PAUSE_MS_MIN; !over && !signal.aborted; wait = Math.min(wait * 2, PAUSE_MS_MAX)) {
    try {
      const response = await fetch(url, { headers: { Accept: 'text/event-stream', ...headers }, signal });
      if (!response.ok) throw refusal(await response.json().catch(() => null), response);
      await readEvents(response, (data) => {
        over = onData(data) || over;
        wait = PAUSE_MS_MIN;
      });
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof TypeError)) throw error;
    }
    if (!over) await pause(wait * (0.75 + Math.random() / 2), signal);
  }
}
