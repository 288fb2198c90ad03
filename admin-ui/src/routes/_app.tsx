/** The frame around all screens of whoever is signed in; others are led to the sign-in page. */
import { createFileRoute, Outlet, redirect } from '@tanstack/react-router';
import { AdminFrame } from '../app/AdminFrame';
import { findSession } from '../session/store';

export const Route = createFileRoute('/_app')({
  beforeLoad: async ({ location }) => {
    if (!(await findSession())) throw redirect({ to: '/sign-in', search: { next: location.href } });
  },
  component: () => (
    <AdminFrame>
      <Outlet />
    </AdminFrame>
  ),
});
