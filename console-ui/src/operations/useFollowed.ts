/** Follows operations that run, over the API's event stream, into the cache that screens read. */
import { followEvents } from '@freehold/ui-kit';
import { useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import type { Operation } from '../api';
import { operationQuery } from '../app/queries';

/** Follows the operations with these ids, given as one text so that renders do not restart it. */
export function useFollowed(ids: string): void {
  const queries = useQueryClient();
  useEffect(() => {
    const abort = new AbortController();
    const follow = (id: string) =>
      followEvents({
        url: `/v1/operations/${id}/events`,
        signal: abort.signal,
        onData: (data) => {
          const operation = JSON.parse(data) as Operation;
          queries.setQueryData(operationQuery(id).queryKey, operation);
          const over = operation.state !== 'running';
          if (over) {
            void queries.invalidateQueries({ queryKey: ['operations', 'list'] });
            void queries.invalidateQueries({ queryKey: ['sites'] });
            void queries.invalidateQueries({ queryKey: ['site', operation.site_id] });
          }
          return over;
        },
      });
    for (const id of ids.split(' ').filter(Boolean)) {
      follow(id).catch(() => queries.invalidateQueries({ queryKey: operationQuery(id).queryKey }));
    }
    return () => abort.abort();
  }, [ids, queries]);
}
