/** The page at /fleet/workers. */
import { listSearch } from '@freehold/ui-kit';
import { createFileRoute } from '@tanstack/react-router';
import { WorkerList } from '../fleet/WorkerList';

export const Route = createFileRoute('/_app/fleet/workers')({
  validateSearch: listSearch.pick({ page: true }),
  component: WorkerList,
});
