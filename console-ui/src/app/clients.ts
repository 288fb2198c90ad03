/**
 * The two ways to call the control API: as the member whose session is in the browser's cookie,
 * and as an operator, whose token is kept for this tab alone.
 */
import { queryString } from '@freehold/ui-kit';
import { createClient } from '../api/client';
import { client } from '../api/client.gen';

const STORED = 'freehold.operator';

export function configureClients(): void {
  client.setConfig({ baseUrl: '', querySerializer: queryString });
}

export const operatorClient = createClient({ baseUrl: '', querySerializer: queryString, auth: () => operatorToken() });

export function operatorToken(): string {
  return sessionStorage.getItem(STORED) ?? '';
}

export function setOperatorToken(token: string): void {
  if (token) sessionStorage.setItem(STORED, token);
  else sessionStorage.removeItem(STORED);
}
