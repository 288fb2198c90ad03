/** Screens of operators: without a token, the form that asks for it stands in their place. */
import { createFileRoute, Outlet } from '@tanstack/react-router';
import { useOperatorToken } from '../app/useOperatorToken';
import { OperatorSignIn } from '../fleet/OperatorSignIn';

export const Route = createFileRoute('/_app/fleet')({
  component: () => (useOperatorToken() ? <Outlet /> : <OperatorSignIn />),
});
