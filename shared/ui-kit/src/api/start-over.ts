/** Drops what belongs to whoever was signed in, before somebody else sees it. */
import type { QueryClient } from '@tanstack/react-query';
import { forgetLists } from '../grid/kept-lists';

export function startOver(queries: QueryClient): void {
  queries.clear();
  forgetLists();
}
