/** The page at /operations. */
import { createFileRoute } from '@tanstack/react-router';
import { OperationList } from '../operations/OperationList';
import { operationSearch } from '../operations/search';

export const Route = createFileRoute('/_app/_member/operations')({
  validateSearch: operationSearch,
  component: OperationList,
});
