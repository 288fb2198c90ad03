/** Numbers for people, in the language in use. */
import { useLocale } from '../i18n';

const UNITS = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'] as const;

export function useNumbers() {
  const locale = useLocale();
  return {
    count: (value: number) => new Intl.NumberFormat(locale).format(value),
    bytes: (value: number) => {
      const power = Math.min(Math.floor(Math.log10(Math.max(value, 1)) / 3), UNITS.length - 1);
      const options = { style: 'unit', unit: UNITS[power], maximumFractionDigits: 1 } as const;
      return new Intl.NumberFormat(locale, options).format(value / 1000 ** power);
    },
  };
}
