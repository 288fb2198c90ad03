/** The frame around all screens of whoever is signed in; others are led to the sign-in page. */
import { createFileRoute, Outlet, redirect } from '@tanstack/react-router';
import { AdminFrame } from '../app/AdminFrame';
import { keptSession } from '../session/store';

export const Route = createFileRoute('/_app')({
  beforeLoad: ({ location }) => {
    if (!keptSession()) throw redirect({ to: '/sign-in', search: { next: location.href } });
  },
  component: () => (
    <AdminFrame>
      <Outlet />
    </AdminFrame>
  ),
});
