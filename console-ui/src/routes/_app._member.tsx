/** Screens of members: whoever is not signed in goes to the sign-in page, and comes back after. */
import { createFileRoute, redirect } from '@tanstack/react-router';
import { sessionQuery } from '../app/session';

export const Route = createFileRoute('/_app/_member')({
  beforeLoad: async ({ context, location }) => {
    const session = await context.queries.fetchQuery(sessionQuery);
    if (session === 'nobody') throw redirect({ to: '/sign-in', search: { next: location.href } });
  },
});
