/** Posts in the trash, described to the resource engine. */
import { IconRefresh, IconTrash, unwrap } from '@freehold/ui-kit';
import {
  deleteApiV1PostsSlug,
  deleteApiV1TrashPostsId,
  getApiV1TrashPosts,
  postApiV1TrashPostsIdRestore,
  type TrashedPost,
} from '../api';
import type { Resource } from '../engine/types';

export const trash: Resource<TrashedPost> = {
  // Its answers change with those of posts.
  name: 'posts.trash',
  title: 'trash.posts',
  lead: 'trash.posts.lead',
  icon: IconTrash,
  search: 'trash.search',
  empty: { title: 'trash.none.title', text: 'trash.none' },
  defaultSort: '-trashed_at',
  rowId: (post) => post.id,
  rowName: (post) => post.title,
  fields: [
    { id: 'title', label: 'post.title', kind: 'title', sortable: true, value: (post) => post.title },
    {
      id: 'status',
      label: 'post.status',
      kind: 'choice',
      value: (post) => post.status,
      choices: [
        { value: 'draft', label: 'post.status.draft', color: 'gray' },
        { value: 'published', label: 'post.status.published', color: 'evergreen' },
      ],
    },
    { id: 'author', label: 'post.author', kind: 'text', wideOnly: true, value: (post) => post.author.username },
    {
      id: 'trashed_at',
      label: 'trash.since',
      kind: 'time',
      sortable: true,
      value: (post) => post.trashed_at,
    },
    { id: 'kept_until', label: 'trash.until', kind: 'time', wideOnly: true, value: (post) => post.kept_until },
  ],
  actions: [
    {
      id: 'restore',
      label: 'trash.restore',
      icon: IconRefresh,
      fits: () => true,
      run: (post) => unwrap(postApiV1TrashPostsIdRestore({ path: { id: post.id } })),
      undo: (post) => unwrap(deleteApiV1PostsSlug({ path: { slug: post.slug } })),
      done: 'trash.restored',
    },
    {
      id: 'delete',
      label: 'trash.delete',
      icon: IconTrash,
      fits: () => true,
      run: (post) => unwrap(deleteApiV1TrashPostsId({ path: { id: post.id } })),
      done: 'trash.deleted',
      confirm: { title: 'trash.delete.ask', text: 'trash.delete.meaning' },
    },
  ],
  list: ({ q, sort, page, page_size }) => unwrap(getApiV1TrashPosts({ query: { q, sort, page, page_size } })),
};
