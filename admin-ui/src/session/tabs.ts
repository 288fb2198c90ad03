/**
 * What tabs of one site tell each other about their session. A new tab asks for it, so that opening
 * one does not mean signing in again; a refreshed session is told to all, since the refresh token
 * before it works no more and its second use would end the session everywhere.
 */
import { drop, type Kept, keptSession, store } from './kept';
import { others } from './presence';

type Message = { kind: 'ask'; id?: string } | { kind: 'have'; kept: Kept } | { kind: 'ended'; id: string };

const channel = new BroadcastChannel('freehold.admin.session');
let asking: ((isNews: boolean) => void) | null = null;

const say = (message: Message) => channel.postMessage(message);

function answer(id: string | undefined): void {
  const kept = keptSession();
  if (kept && (id === undefined || id === kept.id)) say({ kind: 'have', kept });
}

function adopt(kept: Kept): void {
  const own = keptSession();
  const isNews = own ? own.id === kept.id && own.endsAt < kept.endsAt : asking !== null;
  if (isNews) store(kept);
  asking?.(isNews);
}

channel.onmessage = ({ data }: MessageEvent<Message>) => {
  if (data.kind === 'ask') answer(data.id);
  if (data.kind === 'have') adopt(data.kept);
  if (data.kind === 'ended' && keptSession()?.id === data.id) drop();
};

/** Whoever has a session already waits no longer than this for a newer one. */
const NEWER_MS_MAX = 300;

/** Takes over what another tab has: this session with newer tokens, or any where there is none here. */
export async function askTabs(): Promise<void> {
  const { count, waitMs } = await others();
  if (count <= 0) return;
  const own = keptSession();
  await new Promise<void>((resolve) => {
    let answers = 0;
    const end = () => {
      clearTimeout(timer);
      asking = null;
      resolve();
    };
    const timer = setTimeout(end, own ? Math.min(waitMs, NEWER_MS_MAX) : waitMs);
    asking = (isNews) => {
      answers++;
      if (isNews || answers >= count) end();
    };
    say({ kind: 'ask', id: own?.id });
  });
}

export const tellRefreshed = (kept: Kept): void => say({ kind: 'have', kept });
export const tellEnded = (id: string): void => say({ kind: 'ended', id });
