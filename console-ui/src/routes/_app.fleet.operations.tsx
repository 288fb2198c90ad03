/** The page at /fleet/operations. */
import { createFileRoute } from '@tanstack/react-router';
import { FleetOperations } from '../fleet/FleetOperations';
import { operationSearch } from '../operations/search';

export const Route = createFileRoute('/_app/fleet/operations')({
  validateSearch: operationSearch,
  component: FleetOperations,
});
