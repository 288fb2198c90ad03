/** Opens the editor on the post that the address names, or on a new one. */
import { ErrorState, LoadingState } from '@freehold/ui-kit';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useCallback, useState } from 'react';
import { PostEditor } from './PostEditor';
import { postQuery, type Tagged } from './queries';

const route = getRouteApi('/_app/posts/edit');

export function PostScreen() {
  const { post: slug } = route.useSearch();
  // A post that this very screen created keeps its editor, and with it the cursor.
  const [created, setCreated] = useState<string>();
  if (slug === undefined || slug === created) return <NewPost key="new" onCreated={setCreated} />;
  return <ExistingPost key={slug} slug={slug} />;
}

function NewPost({ onCreated }: { onCreated: (slug: string) => void }) {
  const navigate = route.useNavigate();
  const queries = useQueryClient();
  const created = useCallback(
    ({ post }: Tagged) => {
      onCreated(post.slug);
      void queries.invalidateQueries({ queryKey: ['posts'] });
      // The editor goes on as it is, so nothing unsaved is left behind.
      void navigate({ search: { post: post.slug }, replace: true, ignoreBlocker: true });
    },
    [onCreated, navigate, queries],
  );
  return <PostEditor initial={null} onCreated={created} />;
}

const nothing = () => {};

function ExistingPost({ slug }: { slug: string }) {
  const query = useQuery(postQuery(slug));
  if (query.data) return <PostEditor initial={query.data} onCreated={nothing} />;
  if (query.error) return <ErrorState whole error={query.error} onRetry={() => void query.refetch()} />;
  return <LoadingState />;
}
