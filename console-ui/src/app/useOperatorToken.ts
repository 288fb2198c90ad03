/** The operator's token of this tab, as state that screens follow. */
import { useSyncExternalStore } from 'react';
import { operatorToken, setOperatorToken } from './clients';

const listeners = new Set<() => void>();

export function changeOperatorToken(token: string): void {
  setOperatorToken(token);
  for (const listener of listeners) listener();
}

const subscribe = (listener: () => void) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};

export const useOperatorToken = () => useSyncExternalStore(subscribe, operatorToken);
