/** Words for problems that the API reports on a field: what it means and what to do. */
import { useWords } from '../words';

export function useFieldWords(): (code: string) => string | undefined {
  const word = useWords();
  return (code) => {
    switch (code) {
      case 'slug_taken':
        return word('problem.slug_taken');
      case 'reserved':
        return word('problem.slug_reserved');
      case 'email_taken':
        return word('problem.email_taken');
      default:
        return undefined;
    }
  };
}
