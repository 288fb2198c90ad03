/** The frame around all screens but those before sign-in. */
import { createFileRoute, Outlet } from '@tanstack/react-router';
import { ConsoleFrame } from '../app/ConsoleFrame';

export const Route = createFileRoute('/_app')({
  component: () => (
    <ConsoleFrame>
      <Outlet />
    </ConsoleFrame>
  ),
});
