/** The list of posts, as the engine draws it. */
import { getRouteApi } from '@tanstack/react-router';
import { ResourceList } from '../engine/ResourceList';
import { posts } from './resource';

const route = getRouteApi('/_app/posts/');

export function PostList() {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  return <ResourceList resource={posts} search={search} navigate={navigate} />;
}
