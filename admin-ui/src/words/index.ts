/** The admin's words, typed by its English catalogue. */
import { makeUseWords, type WordKey } from '@freehold/ui-kit';
import type { en } from './en';

export type AdminWord = WordKey<typeof en>;
export const useWords = makeUseWords<typeof en>('app');
