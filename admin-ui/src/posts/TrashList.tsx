/** The trash of posts, as the engine draws it. */
import { AppLink, IconArrowLeft } from '@freehold/ui-kit';
import { getRouteApi } from '@tanstack/react-router';
import { ResourceList } from '../engine/ResourceList';
import { useWords } from '../words';
import { trash } from './trash';

const route = getRouteApi('/_app/posts/trash');

export function TrashList() {
  const word = useWords();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  return (
    <>
      <AppLink href="/posts">
        <IconArrowLeft size={14} aria-hidden="true" /> {word('posts')}
      </AppLink>
      <ResourceList resource={trash} search={search} navigate={navigate} />
    </>
  );
}
