/** The console: where customers sign up and keep their sites, and operators run the fleet. */
import '@freehold/ui-kit/strict';
import { ApiError, CrashState, ErrorState, LoadingState, makeQueryClient, mountApp, startI18n } from '@freehold/ui-kit';
import { createRouter } from '@tanstack/react-router';
import { configureClients } from './app/clients';
import { sessionQuery } from './app/session';
import { routeTree } from './routeTree.gen';
import { en } from './words/en';
import { zh } from './words/zh';

startI18n(en, zh);
configureClients();

const queries = makeQueryClient((error) => {
  // The session ended meanwhile: ask anew, and let the guard lead to the sign-in page.
  if (error.status === 401) {
    queries.removeQueries({ queryKey: sessionQuery.queryKey });
    void router.invalidate();
  }
});

const router = createRouter({
  routeTree,
  context: { queries },
  defaultPreload: 'intent',
  scrollRestoration: true,
  defaultPendingComponent: LoadingState,
  defaultErrorComponent: CrashState,
  defaultNotFoundComponent: () => <ErrorState whole error={new ApiError(404, 'not_found', '')} />,
});

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}

mountApp({ router, queries });
