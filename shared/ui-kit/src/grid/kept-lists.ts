/**
 * How each list was left: its filters, order and page, by the path of the list, for this tab. Ways
 * that go back to a list lead there; an address that says itself what to show is left as it is.
 */
import { useSyncExternalStore } from 'react';

const STORED = 'freehold.lists';
/** Longer queries, such as a text that was pasted into a search, are not worth keeping. */
const QUERY_CHARS_MAX = 2_000;

type Lists = Readonly<Record<string, string>>;

function stored(): Lists {
  try {
    const lists: unknown = JSON.parse(sessionStorage.getItem(STORED) ?? '{}');
    if (typeof lists !== 'object' || lists === null) return {};
    return Object.fromEntries(Object.entries(lists).filter(([, query]) => typeof query === 'string'));
  } catch {
    return {};
  }
}

let lists = stored();
const listeners = new Set<() => void>();

function change(next: Lists): void {
  lists = next;
  try {
    sessionStorage.setItem(STORED, JSON.stringify(lists));
  } catch {
    // Without storage, lists are kept until the page is loaded anew.
  }
  for (const listener of listeners) listener();
}

/** Routes that are a folder's index have a slash at the end; links have none. */
const bare = (path: string) => path.replace(/(.)\/$/, '$1');

/** Keeps what a list shows: `query` as it stands in its address, with its `?`, or nothing. */
export function keepList(path: string, query: string): void {
  const kept = query.length > QUERY_CHARS_MAX ? '' : query;
  if ((lists[bare(path)] ?? '') !== kept) change({ ...lists, [bare(path)]: kept });
}

/** For when somebody else sits there, or looks at another account. */
export function forgetLists(): void {
  change({});
}

/** Where a link to a list leads: to the list as it was left. */
export function keptHref(href: string): string {
  return href.includes('?') ? href : href + (lists[bare(href)] ?? '');
}

const subscribe = (listener: () => void) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};

/** The same for what is drawn, which follows as the list changes. */
export function useKeptHref(href: string, isKept: boolean): string {
  return useSyncExternalStore(subscribe, () => (isKept ? keptHref(href) : href));
}
