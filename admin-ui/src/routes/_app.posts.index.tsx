/** The page at /posts. */
import { createFileRoute } from '@tanstack/react-router';
import { resourceSearch } from '../engine/search';
import { PostList } from '../posts/PostList';

export const Route = createFileRoute('/_app/posts/')({ validateSearch: resourceSearch, component: PostList });
