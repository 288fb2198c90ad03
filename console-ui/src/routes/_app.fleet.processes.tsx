/** The page at /fleet/processes. */
import { listSearch } from '@freehold/ui-kit';
import { createFileRoute } from '@tanstack/react-router';
import { ProcessList } from '../fleet/ProcessList';

export const Route = createFileRoute('/_app/fleet/processes')({ validateSearch: listSearch, component: ProcessList });
