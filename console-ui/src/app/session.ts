/** Whether somebody is signed in: the cookie is out of a script's reach, so the API is asked. */
import { asApiError, unwrap } from '@freehold/ui-kit';
import { queryOptions } from '@tanstack/react-query';
import { getV1Sites } from '../api';

const FRESH_MS = 60_000;

export type Session = 'member' | 'nobody' | 'unknown';

export const sessionQuery = queryOptions({
  queryKey: ['session'],
  staleTime: FRESH_MS,
  queryFn: async (): Promise<Session> => {
    try {
      await unwrap(getV1Sites({ query: { page_size: 1, fields: 'id', skip_total: true } }));
      return 'member';
    } catch (error) {
      return asApiError(error).status === 401 ? 'nobody' : 'unknown';
    }
  },
});

/** Only addresses of this app are followed after signing in. */
export function safeNext(next: string | undefined): string {
  return next?.startsWith('/') && !next.startsWith('//') && !next.startsWith('/\\') ? next : '/sites';
}
