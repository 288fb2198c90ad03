/** The list of posts, as the engine draws it. */
import { getRouteApi } from '@tanstack/react-router';
import { useCallback } from 'react';
import { ResourceList } from '../engine/ResourceList';
import type { ResourceSearch } from '../engine/search';
import { posts } from './resource';

const route = getRouteApi('/_app/posts/');

export function PostList() {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const go = useCallback(
    (next: ResourceSearch, replace: boolean) => void navigate({ search: next, replace }),
    [navigate],
  );
  return <ResourceList resource={posts} search={search} go={go} />;
}
