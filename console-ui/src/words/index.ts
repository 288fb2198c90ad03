/** The console's words, typed by its English catalogue. */
import { makeUseWords } from '@freehold/ui-kit';
import type { en } from './en';

export const useWords = makeUseWords<typeof en>('app');
