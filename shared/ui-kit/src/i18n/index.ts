/**
 * The languages of both apps over i18next. The kit's words and an app's words are two namespaces;
 * each has a hook whose keys are typed by its English catalogue.
 */
import i18next from 'i18next';
import { useCallback } from 'react';
import { initReactI18next, useTranslation } from 'react-i18next';
import type { Catalogue, Translate, WordKey } from './catalogue';
import { en } from './en';
import { zh } from './zh';

export type { Catalogue, Translate, WordKey } from './catalogue';

export const LOCALES = ['en', 'zh'] as const;
export type Locale = (typeof LOCALES)[number];
const STORED = 'freehold.locale';

type Words = Readonly<Record<string, string>>;

export function startI18n<English extends Words>(appEn: English, appZh: Catalogue<English>): void {
  void i18next.use(initReactI18next).init({
    lng: document.documentElement.lang === 'zh' ? 'zh' : 'en',
    fallbackLng: 'en',
    keySeparator: false,
    nsSeparator: false,
    ns: ['kit', 'app'],
    interpolation: { escapeValue: false },
    showSupportNotice: false,
    resources: { en: { kit: en, app: appEn }, zh: { kit: zh, app: appZh } },
  } as Parameters<typeof i18next.init>[0]);
}

export const useChosenLanguage = () => useTranslation('kit').i18n.language;

export function chooseLocale(locale: Locale): void {
  localStorage.setItem(STORED, locale);
  document.documentElement.lang = locale;
  void i18next.changeLanguage(locale);
}

/** Makes an app's hook; keys that its English catalogue lacks do not compile. */
export function makeUseWords<English extends Words>(namespace: 'kit' | 'app') {
  return function useWords(): Translate<WordKey<English>> {
    const { t } = useTranslation(namespace);
    // The same function until the language changes, so that screens may memoise by it.
    return useCallback<Translate<WordKey<English>>>((key, values) => t(key as string, values ?? {}), [t]);
  };
}

export const useKitWords = makeUseWords<typeof en>('kit');

/** The language in use, for formatting: as in the viewer's own country where that fits. */
export function useLocale(): string {
  const chosen = useTranslation('kit').i18n.language;
  return navigator.languages.find((language) => language.startsWith(chosen)) ?? chosen;
}
