/** What is wrong with a field, in words. */
import { useWords } from '../words';
import type { FieldProblem } from './call';

export function useProblemWords() {
  const word = useWords();
  return (problem: FieldProblem): string => {
    if (problem.kind === 'required') return word('rule.required');
    if (problem.kind === 'object') return word('api.json.object');
    const { line, column, found } = problem;
    if (found === '') return word('api.json.end', { line, column });
    return word('api.json.problem', { line, column, found: JSON.stringify(found) });
  };
}
