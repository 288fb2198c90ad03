/** The list of posts, as the engine draws it. */
import { AppLink, IconTrash } from '@freehold/ui-kit';
import { Button } from '@mantine/core';
import { getRouteApi } from '@tanstack/react-router';
import { ResourceList } from '../engine/ResourceList';
import { useWords } from '../words';
import { posts } from './resource';

const route = getRouteApi('/_app/posts/');

export function PostList() {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const word = useWords();
  const trash = (
    <Button
      variant="default"
      component={AppLink}
      className=""
      href="/posts/trash"
      leftSection={<IconTrash size={16} aria-hidden="true" />}
    >
      {word('trash')}
    </Button>
  );
  return <ResourceList resource={posts} search={search} navigate={navigate} beside={trash} />;
}
