/**
 * The one registry of what an app can do. The sidebar, the palette and the shortcut sheet all show
 * what is registered here, so none of them can offer what another does not know. Screens register
 * their own commands while they are open.
 */
import type { Icon } from '@tabler/icons-react';
import { useEffect, useSyncExternalStore } from 'react';

export interface Command {
  id: string;
  label: string;
  group: 'go' | 'create' | 'do';
  icon?: Icon;
  /** Keys pressed one after another, such as `g s`; never while typing. */
  keys?: string;
  /** Where it leads; with `sidebar` it stands in the navigation under that heading. */
  href?: string;
  sidebar?: string;
  run?: () => void;
}

type Listener = () => void;

const registered = new Map<symbol, readonly Command[]>();
const listeners = new Set<Listener>();
let all: readonly Command[] = [];

function publish() {
  all = [...registered.values()].flat();
  for (const listener of listeners) listener();
}

const subscribe = (listener: Listener) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};

/** Registers commands while the component is mounted. The list must be memoised. */
export function useRegisterCommands(commands: readonly Command[]): void {
  useEffect(() => {
    const key = Symbol('commands');
    registered.set(key, commands);
    publish();
    return () => {
      registered.delete(key);
      publish();
    };
  }, [commands]);
}

export const useCommands = () => useSyncExternalStore(subscribe, () => all);
