/** Who is signed in to the site, and where else. */
import { unwrap } from '@freehold/ui-kit';
import { queryOptions } from '@tanstack/react-query';
import { getApiV1AuthSessions, getApiV1UsersMe } from '../api';

export const meQuery = queryOptions({ queryKey: ['me'], queryFn: () => unwrap(getApiV1UsersMe()) });

export const sessionsQuery = queryOptions({
  queryKey: ['me', 'sessions'],
  queryFn: () => unwrap(getApiV1AuthSessions()),
});
