/** An instant in the viewer's zone and language, exact to whoever hovers or listens. */
import { useLocale } from '../i18n';

export function Time({ at, seconds = false }: { at: string; seconds?: boolean }) {
  const locale = useLocale();
  const date = new Date(at);
  const style = seconds ? 'medium' : 'short';
  const shown = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: style }).format(date);
  return (
    <time dateTime={at} title={date.toISOString()}>
      {shown}
    </time>
  );
}
