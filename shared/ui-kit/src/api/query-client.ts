/**
 * One cache of server state per app. Reads are tried again only when the server could not be
 * reached or failed, with growing pauses; a refusal is final.
 */
import { QueryCache, QueryClient } from '@tanstack/react-query';
import { type ApiError, asApiError } from './errors';

const RETRIES_MAX = 2;

export function makeQueryClient(onError: (error: ApiError) => void): QueryClient {
  return new QueryClient({
    queryCache: new QueryCache({ onError: (error) => onError(asApiError(error)) }),
    defaultOptions: {
      queries: {
        staleTime: 10_000,
        retry: (failures, error) => {
          const { status } = asApiError(error);
          return failures < RETRIES_MAX && (status === 0 || status >= 502);
        },
        retryDelay: (attempt) => Math.min(400 * 2 ** attempt, 5_000) * (0.75 + Math.random() / 2),
        // Without a network a question fails and says so, instead of waiting without a word; it is asked
        // again when the network is back.
        networkMode: 'always',
        refetchOnReconnect: true,
      },
      // Nor is a change kept for later, when nobody expects it any more.
      mutations: { networkMode: 'always' },
    },
  });
}
