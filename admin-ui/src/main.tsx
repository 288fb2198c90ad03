/** The admin: where a site's people write, one bundle for every site; the host says which. */
import '@freehold/ui-kit/strict';
import { ApiError, CrashState, ErrorState, LoadingState, makeQueryClient, mountApp, startI18n } from '@freehold/ui-kit';
import { createRouter } from '@tanstack/react-router';
import { routeTree } from './routeTree.gen';
import { configureClient } from './session/client';
import { forgetSession } from './session/store';
import { en } from './words/en';
import { zh } from './words/zh';

startI18n(en, zh);
configureClient();

const queries = makeQueryClient((error) => {
  if (error.status === 401) {
    forgetSession();
    void router.invalidate();
  }
});

const router = createRouter({
  routeTree,
  context: { queries },
  defaultPreload: false,
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
