/** Starts an app: theme, words, cache, router, under a policy that allows no inline code. */
import '@fontsource/inter/latin-400.css';
import '@fontsource/inter/latin-500.css';
import '@fontsource/inter/latin-600.css';
import '@fontsource/jetbrains-mono/latin-400.css';
import '@mantine/core/styles.layer.css';
import '@mantine/notifications/styles.layer.css';
import '@mantine/spotlight/styles.layer.css';
import '../theme/base.css';
import { localStorageColorSchemeManager, MantineProvider } from '@mantine/core';
import { Notifications } from '@mantine/notifications';
import { type QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { type AnyRouter, RouterProvider } from '@tanstack/react-router';
import { setNonce } from 'get-nonce';
import { StrictMode, useMemo } from 'react';
import { createRoot } from 'react-dom/client';
import { useKitWords } from '../i18n';
import { cssVariables, makeTheme } from '../theme/theme';
import { styleNonce } from './nonce';

const RELOADED = 'freehold.reloaded-at';
const RELOAD_PAUSE_MS = 10_000;

interface AppProps {
  router: AnyRouter;
  queries: QueryClient;
}

function App({ router, queries }: AppProps) {
  const word = useKitWords();
  const close = word('close');
  const theme = useMemo(() => makeTheme({ close }), [close]);
  return (
    <MantineProvider
      theme={theme}
      cssVariablesResolver={cssVariables}
      getStyleNonce={styleNonce}
      defaultColorScheme="auto"
      colorSchemeManager={localStorageColorSchemeManager()}
    >
      <QueryClientProvider client={queries}>
        <Notifications position="bottom-right" />
        <RouterProvider router={router} />
      </QueryClientProvider>
    </MantineProvider>
  );
}

let isPreloading = false;

/** Fetches all screens once the first one is there, so that the others open without a network too. */
function preloadScreens(router: AnyRouter) {
  const preload = async () => {
    isPreloading = true;
    for (const route of Object.values(router.routesById)) {
      // What is not there is asked for again when somebody goes there.
      await Promise.resolve(router.loadRouteChunk(route)).catch(() => undefined);
    }
    isPreloading = false;
  };
  if ('requestIdleCallback' in window) requestIdleCallback(() => void preload());
  else addEventListener('load', () => void preload(), { once: true });
}

/** After an upgrade the server no longer has old chunks: load the new page, once. */
function reloadAfterUpgrade() {
  window.addEventListener('vite:preloadError', (event) => {
    // Nobody waits for it, or a new page could not be loaded either.
    if (isPreloading || !navigator.onLine) return;
    const last = Number(sessionStorage.getItem(RELOADED) ?? 0);
    if (Date.now() - last < RELOAD_PAUSE_MS) return;
    event.preventDefault();
    sessionStorage.setItem(RELOADED, String(Date.now()));
    location.reload();
  });
}

export function mountApp(props: AppProps): void {
  const nonce = styleNonce();
  if (nonce) setNonce(nonce);
  reloadAfterUpgrade();
  const root = document.getElementById('root');
  if (!root) throw new Error('the page has no #root');
  createRoot(root).render(
    <StrictMode>
      <App {...props} />
    </StrictMode>,
  );
  preloadScreens(props.router);
}
