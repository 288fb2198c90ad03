/**
 * The types of word catalogues: which keys the other language must have, and which keys code may
 * name. A missing or unknown key is a type error.
 */

/** Every key of English but the forms that Chinese does not have. */
export type Catalogue<English> = Readonly<Record<Exclude<keyof English & string, `${string}_one`>, string>>;

/** What code writes: plural forms are chosen by `count`. */
export type WordKey<English> = Base<keyof English & string>;

type Base<Key extends string> = Key extends `${infer Stem}_one` | `${infer Stem}_other` ? Stem : Key;

export type Values = Readonly<Record<string, string | number>>;
export type Translate<Key extends string> = (key: Key, values?: Values) => string;
