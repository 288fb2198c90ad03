/** The page at /posts/trash. */
import { createFileRoute } from '@tanstack/react-router';
import { resourceSearch } from '../engine/search';
import { TrashList } from '../posts/TrashList';

export const Route = createFileRoute('/_app/posts/trash')({ validateSearch: resourceSearch, component: TrashList });
