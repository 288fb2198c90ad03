/** Who is signed in, and what they may: the cookie is out of a script's reach, so the API is asked. */
import { asApiError, unwrap } from '@freehold/ui-kit';
import { queryOptions, useQuery } from '@tanstack/react-query';
import { getV1Me } from '../api';

const FRESH_MS = 60_000;

export type Session = 'member' | 'nobody' | 'unknown';

export const meQuery = queryOptions({
  queryKey: ['me'],
  staleTime: FRESH_MS,
  queryFn: () => unwrap(getV1Me()),
});

export const sessionQuery = queryOptions({
  queryKey: ['session'],
  staleTime: FRESH_MS,
  queryFn: async ({ client }): Promise<Session> => {
    try {
      client.setQueryData(meQuery.queryKey, await unwrap(getV1Me()));
      return 'member';
    } catch (error) {
      return asApiError(error).status === 401 ? 'nobody' : 'unknown';
    }
  },
});

/** What a role in an account allows; the API decides, this only says what to show. */
export type Right =
  | 'sites.read'
  | 'sites.write'
  | 'sites.delete'
  | 'usage.read'
  | 'members.read'
  | 'members.write'
  | 'keys.write'
  | 'account.write';

/** Tells whether the caller has a right, as far as it is known yet. */
export function useRights(): (right: Right) => boolean {
  const me = useQuery(meQuery);
  return (right) => me.data?.rights.includes(right) ?? false;
}

/** Only addresses of this app are followed after signing in. */
export function safeNext(next: string | undefined): string {
  return next?.startsWith('/') && !next.startsWith('//') && !next.startsWith('/\\') ? next : '/sites';
}
