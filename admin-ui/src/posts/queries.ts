/** One post with the tag of its version, which changes must name. */
import { unwrapWithResponse } from '@freehold/ui-kit';
import { queryOptions } from '@tanstack/react-query';
import { getApiV1PostsSlug, type Post } from '../api';

export interface Tagged {
  post: Post;
  etag: string;
}

export const tagged = ({ data, response }: { data: Post; response: Response }): Tagged => ({
  post: data,
  etag: response.headers.get('etag') ?? `"${data.version}"`,
});

export const loadPost = async (slug: string): Promise<Tagged> =>
  tagged(await unwrapWithResponse(getApiV1PostsSlug({ path: { slug } })));

export const postQuery = (slug: string) =>
  queryOptions({
    queryKey: ['posts', 'one', slug],
    queryFn: () => loadPost(slug),
    // The editor owns the text while it is open; nothing may change it from behind.
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
  });
