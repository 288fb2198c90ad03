/** Who is signed in to the site, what they may, and where else they are signed in. */
import { unwrap } from '@freehold/ui-kit';
import { queryOptions, useQuery } from '@tanstack/react-query';
import { useCallback } from 'react';
import { getApiV1AuthSessions, getApiV1UsersMe, getApiV1UsersMePermissions } from '../api';

export const meQuery = queryOptions({ queryKey: ['me'], queryFn: () => unwrap(getApiV1UsersMe()) });

export const permissionsQuery = queryOptions({
  queryKey: ['me', 'permissions'],
  queryFn: () => unwrap(getApiV1UsersMePermissions()),
});

/** Whether the caller holds a permission, over some rows at least; not while that is not known yet. */
export function useMay(): (permission: string) => boolean {
  const held = useQuery(permissionsQuery).data?.items;
  return useCallback((name) => held?.some(({ permission }) => permission === name) ?? false, [held]);
}

export const sessionsQuery = queryOptions({
  queryKey: ['me', 'sessions'],
  queryFn: () => unwrap(getApiV1AuthSessions()),
});
