/** Operations in words: their kinds, and the steps that the control plane reports. */
import type { Operation } from '../api';
import { useWords } from '../words';

const KINDS = {
  create_site: 'operation.create_site',
  suspend_site: 'operation.suspend_site',
  resume_site: 'operation.resume_site',
  delete_site: 'operation.delete_site',
  restore_site: 'operation.restore_site',
  change_site: 'operation.change_site',
  convert_site: 'operation.convert_site',
  rotate_key: 'operation.rotate_key',
} as const satisfies Record<Operation['kind'], string>;

const STATES = {
  running: 'operation.state.running',
  succeeded: 'operation.state.succeeded',
  failed: 'operation.state.failed',
} as const satisfies Record<Operation['state'], string>;

const STEPS: Readonly<
  Record<string, 'step.reserve' | 'step.store' | 'step.route' | 'step.copy' | 'step.retire' | 'step.seal'>
> = {
  reserve: 'step.reserve',
  store: 'step.store',
  route: 'step.route',
  copy: 'step.copy',
  retire: 'step.retire',
  seal: 'step.seal',
};

export function useOperationWords() {
  const word = useWords();
  return {
    kind: (kind: Operation['kind']) => word(KINDS[kind]),
    kinds: Object.entries(KINDS).map(([value, key]) => ({ value, label: word(key) })),
    states: Object.entries(STATES).map(([value, key]) => ({ value, label: word(key) })),
    /** A step that this version does not know is shown by its own name. */
    step: (name: string) => {
      const key = STEPS[name];
      return key ? word(key) : name;
    },
  };
}
