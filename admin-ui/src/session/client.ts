/** Calls of the site API carry the session's access token, also those that work without. */
import { asApiError, queryString } from '@freehold/ui-kit';
import { client } from '../api/client.gen';
import { accessToken, forgetSession } from './store';
import { viewedAs } from './viewAs';

/** Exchanges of credentials need no token, and a refresh must not wait for itself. */
const WITHOUT_TOKEN = /\/api\/v1\/auth\/(login|refresh|ticket|register)$/;

/** Whoever looks as somebody else signs out as themselves. */
const ALWAYS_ONESELF = /\/api\/v1\/auth\//;

export function configureClient(): void {
  client.setConfig({ baseUrl: '', querySerializer: queryString });
  client.interceptors.request.use(async (request) => {
    if (WITHOUT_TOKEN.test(new URL(request.url).pathname)) return request;
    const token = await accessToken().catch((error) => {
      // A refresh that is refused ends the session; one that does not get through does not.
      if (!asApiError(error).isOffline) forgetSession();
      return undefined;
    });
    if (token) request.headers.set('Authorization', `Bearer ${token}`);
    const role = viewedAs();
    if (role && !ALWAYS_ONESELF.test(new URL(request.url).pathname)) request.headers.set('X-View-As', role);
    return request;
  });
}
