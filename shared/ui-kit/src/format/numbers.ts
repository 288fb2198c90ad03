/** Numbers and lengths of time for people, in the language in use. */
import { useLocale } from '../i18n';

const UNITS = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'] as const;

const LENGTHS = [
  ['hour', 3_600_000],
  ['minute', 60_000],
  ['second', 1_000],
  ['millisecond', 1],
] as const;
/** From here on a fraction says nothing. */
const FRACTION_BELOW = 10;

export function useNumbers() {
  const locale = useLocale();
  return {
    count: (value: number) => new Intl.NumberFormat(locale).format(value),
    /** How long something takes, in the largest unit that it fills. */
    duration: (ms: number) => {
      const [unit, length] = LENGTHS.find(([, length]) => ms >= length) ?? ['millisecond', 1];
      const value = ms / length;
      const maximumFractionDigits = value < FRACTION_BELOW && unit !== 'millisecond' ? 1 : 0;
      return new Intl.NumberFormat(locale, { style: 'unit', unit, unitDisplay: 'long', maximumFractionDigits }).format(
        value,
      );
    },
    bytes: (value: number) => {
      const power = Math.min(Math.floor(Math.log10(Math.max(value, 1)) / 3), UNITS.length - 1);
      const options = { style: 'unit', unit: UNITS[power], maximumFractionDigits: 1 } as const;
      return new Intl.NumberFormat(locale, options).format(value / 1000 ** power);
    },
  };
}
