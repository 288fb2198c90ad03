/** The description of this site's API, read from the site itself. */
import { ApiError } from '@freehold/ui-kit';
import { queryOptions } from '@tanstack/react-query';
import { readDocument } from './document';

export const DOCUMENT_PATH = '/openapi.json';

async function loadDocument(signal: AbortSignal) {
  const response = await fetch(DOCUMENT_PATH, { signal, headers: { Accept: 'application/json' } });
  const requestId = response.headers.get('x-request-id');
  if (!response.ok) throw new ApiError(response.status, 'unknown', response.statusText, { requestId });
  return readDocument(await response.json());
}

export const documentQuery = queryOptions({
  queryKey: ['openapi'],
  // It changes with a release only.
  staleTime: Number.POSITIVE_INFINITY,
  queryFn: ({ signal }) => loadDocument(signal),
});
