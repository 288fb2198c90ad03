/** Calls of the site API carry the session's access token, also those that work without. */
import { asApiError, queryString } from '@freehold/ui-kit';
import { client } from '../api/client.gen';
import { accessToken, forgetSession } from './store';
import { viewedAs } from './viewAs';

/** Exchanges of credentials need no token, and a refresh must not wait for itself. */
const WITHOUT_TOKEN = /\/api\/v1\/auth\/(login|refresh|ticket|register)$/;

/** Whoever looks as somebody else signs out as themselves. */
const ALWAYS_ONESELF = /\/api\/v1\/auth\//;

/** What a call carries for whoever is signed in, and for the role that they look as. */
export async function sessionHeaders(path: string): Promise<Record<string, string>> {
  if (WITHOUT_TOKEN.test(path)) return {};
  const token = await accessToken().catch((error) => {
    // A refresh that is refused ends the session; one that does not get through does not.
    if (!asApiError(error).isOffline) forgetSession();
    return undefined;
  });
  const role = ALWAYS_ONESELF.test(path) ? null : viewedAs();
  return { ...(token && { Authorization: `Bearer ${token}` }), ...(role && { 'X-View-As': role }) };
}

export function configureClient(): void {
  client.setConfig({ baseUrl: '', querySerializer: queryString });
  client.interceptors.request.use(async (request) => {
    const headers = await sessionHeaders(new URL(request.url).pathname);
    for (const [name, value] of Object.entries(headers)) request.headers.set(name, value);
    return request;
  });
}
