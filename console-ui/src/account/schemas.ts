/**
 * The rules of account forms that can be told before sending. They are the API's own, in words of
 * the interface; what only the API knows (a name that is taken) comes back from it.
 */
import * as z from 'zod';

type Word = (key: 'rule.email' | 'rule.password' | 'rule.required' | 'rule.slug' | 'rule.site_name') => string;

const SLUG = /^(?!.*--)[a-z0-9](?:[a-z0-9-]{1,38})[a-z0-9]$/;

/** Whether a text has the form of a slug; whether it can be had only the API knows. */
export const isSlug = (text: string): boolean => SLUG.test(text);

export const emailRule = (word: Word) =>
  z
    .string()
    .trim()
    .min(3, word('rule.email'))
    .regex(/^\S+@\S+$/, word('rule.email'));

export const newPasswordRule = (word: Word) => z.string().min(8, word('rule.password')).max(128, word('rule.password'));

export const siteRules = (word: Word) =>
  z.object({
    name: z.string().trim().min(1, word('rule.site_name')).max(100, word('rule.site_name')),
    slug: z.string().regex(SLUG, word('rule.slug')),
  });

/** A site's address made from its name: what fits in a label, nothing else. */
export function slugOf(name: string): string {
  const plain = name
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-');
  return plain
    .replace(/^-+|-+$/g, '')
    .slice(0, 40)
    .replace(/-+$/, '');
}
