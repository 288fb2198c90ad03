/** The root of all screens; carries the cache of server state. */
import type { QueryClient } from '@tanstack/react-query';
import { createRootRouteWithContext, Outlet } from '@tanstack/react-router';

export const Route = createRootRouteWithContext<{ queries: QueryClient }>()({ component: Outlet });
