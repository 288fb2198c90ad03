/**
 * What tabs of one site tell each other about their session. A new tab asks for it, so that opening
 * one does not mean signing in again; a refreshed session is told to all, since the refresh token
 * before it works no more and its second use would end the session everywhere.
 */
import { drop, type Kept, keptSession, store } from './kept';

/** Tabs that run answer within a few milliseconds; one that is frozen never does. */
const ANSWER_MS_MAX = 150;

type Message = { kind: 'ask'; id?: string } | { kind: 'have'; kept: Kept } | { kind: 'ended'; id: string };

const channel = new BroadcastChannel('freehold.admin.session');
let asking: (() => void) | null = null;

const say = (message: Message) => channel.postMessage(message);

function answer(id: string | undefined): void {
  const kept = keptSession();
  if (kept && (id === undefined || id === kept.id)) say({ kind: 'have', kept });
}

function adopt(kept: Kept): void {
  const own = keptSession();
  const isNews = own ? own.id === kept.id && own.endsAt < kept.endsAt : asking !== null;
  if (!isNews) return;
  store(kept);
  asking?.();
}

channel.onmessage = ({ data }: MessageEvent<Message>) => {
  if (data.kind === 'ask') answer(data.id);
  if (data.kind === 'have') adopt(data.kept);
  if (data.kind === 'ended' && keptSession()?.id === data.id) drop();
};

/** Takes over what another tab has: this session with newer tokens, or any where there is none here. */
export function askTabs(): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      asking = null;
      resolve();
    };
    const timer = setTimeout(end, ANSWER_MS_MAX);
    asking = end;
    say({ kind: 'ask', id: keptSession()?.id });
  });
}

export const tellRefreshed = (kept: Kept): void => say({ kind: 'have', kept });
export const tellEnded = (id: string): void => say({ kind: 'ended', id });
