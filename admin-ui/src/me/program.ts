/**
 * The name of a program from what it says of itself in `User-Agent`. Browsers name each other there;
 * the first that is found in this order is the one that it is.
 */
const BROWSERS: readonly [RegExp, string][] = [
  [/\bEdg(?:A|iOS)?\//, 'Edge'],
  [/\bOPR\//, 'Opera'],
  [/\b(?:Firefox|FxiOS)\//, 'Firefox'],
  [/\b(?:Headless)?(?:Chrome|CriOS)\//, 'Chrome'],
  [/\bSafari\//, 'Safari'],
];

const SYSTEMS: readonly [RegExp, string][] = [
  [/\b(?:iPhone|iPod)\b/, 'iPhone'],
  [/\biPad\b/, 'iPad'],
  [/\bAndroid\b/, 'Android'],
  [/\bWindows\b/, 'Windows'],
  [/\bMac OS X\b/, 'macOS'],
  [/\bCrOS\b/, 'ChromeOS'],
  [/\bLinux\b/, 'Linux'],
];

const first = (known: readonly [RegExp, string][], text: string) => known.find(([pattern]) => pattern.test(text))?.[1];

/** Its name, such as `Firefox, Linux`; what it says itself where it is no known browser. */
export function programOf(agent: string | null | undefined): string | undefined {
  if (!agent) return undefined;
  const browser = first(BROWSERS, agent);
  if (!browser) return agent.length > 60 ? `${agent.slice(0, 60)}…` : agent;
  const system = first(SYSTEMS, agent);
  return system ? `${browser}, ${system}` : browser;
}
