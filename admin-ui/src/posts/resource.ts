/** Posts, described to the resource engine. */
import { IconArticle, IconEye, IconPencil, IconTrash, unwrap } from '@freehold/ui-kit';
import {
  deleteApiV1PostsSlug,
  getApiV1Posts,
  type Post,
  type PostStatus,
  postApiV1TrashPostsIdRestore,
  putApiV1PostsSlug,
} from '../api';
import type { Resource } from '../engine/types';

const LISTED = 'id,title,slug,status,author,updated_at,published_at,reading_minutes,excerpt,version';

const setStatus = (status: PostStatus) => (post: Post) =>
  unwrap(putApiV1PostsSlug({ path: { slug: post.slug }, body: { status } }));

export const editorHref = (slug: string) => `/posts/edit?post=${encodeURIComponent(slug)}`;

export const posts: Resource<Post> = {
  name: 'posts',
  title: 'posts',
  lead: 'posts.lead',
  icon: IconArticle,
  search: 'posts.search',
  create: { label: 'post.new', href: '/posts/edit' },
  empty: { title: 'posts.none.title', text: 'posts.none' },
  defaultSort: '-created_at',
  rowId: (post) => post.id,
  rowName: (post) => post.title,
  rowHref: (post) => editorHref(post.slug),
  fields: [
    {
      id: 'title',
      label: 'post.title',
      kind: 'title',
      sortable: true,
      value: (post) => post.title,
      detail: (post) => post.excerpt,
    },
    {
      id: 'status',
      label: 'post.status',
      kind: 'choice',
      sortable: true,
      value: (post) => post.status,
      filter: { all: 'post.status.all' },
      choices: [
        { value: 'draft', label: 'post.status.draft', color: 'gray' },
        { value: 'published', label: 'post.status.published', color: 'evergreen' },
      ],
    },
    { id: 'author', label: 'post.author', kind: 'text', wideOnly: true, value: (post) => post.author.username },
    {
      id: 'reading_minutes',
      label: 'post.minutes',
      kind: 'number',
      sortable: true,
      wideOnly: true,
      value: (post) => post.reading_minutes,
    },
    {
      id: 'updated_at',
      label: 'post.updated',
      kind: 'time',
      sortable: true,
      wideOnly: true,
      value: (post) => post.updated_at,
    },
  ],
  actions: [
    {
      id: 'publish',
      label: 'post.publish',
      icon: IconEye,
      fits: (post) => post.status === 'draft',
      run: setStatus('published'),
      undo: setStatus('draft'),
      done: 'posts.published',
    },
    {
      id: 'withdraw',
      label: 'post.withdraw',
      icon: IconPencil,
      fits: (post) => post.status === 'published',
      run: setStatus('draft'),
      undo: setStatus('published'),
      done: 'posts.withdrawn',
    },
    {
      id: 'delete',
      label: 'post.delete',
      icon: IconTrash,
      fits: () => true,
      run: (post) => unwrap(deleteApiV1PostsSlug({ path: { slug: post.slug } })),
      undo: (post) => unwrap(postApiV1TrashPostsIdRestore({ path: { id: post.id } })),
      done: 'posts.trashed',
    },
  ],
  list: ({ filter, q, sort, page, page_size }) =>
    unwrap(getApiV1Posts({ query: { fields: LISTED, q, sort, page, page_size, filter } })),
};
