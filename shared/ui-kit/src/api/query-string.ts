/** Query strings in the API's grammar: `filter[title][$icontains]=tea`, without absent values. */

export type QueryValue = string | number | boolean | null | undefined | readonly QueryValue[] | { readonly [key: string]: QueryValue };

function pairs(name: string, value: QueryValue): [string, string][] {
  if (value === undefined || value === null || value === '') return [];
  if (typeof value !== 'object') return [[name, String(value)]];
  return Object.entries(value).flatMap(([key, inner]) => pairs(`${name}[${key}]`, inner));
}

const readable = (text: string) => encodeURIComponent(text).replace(/%5B/g, '[').replace(/%5D/g, ']').replace(/%24/g, '$');

export function queryString(query: Record<string, unknown>): string {
  return Object.entries(query)
    .flatMap(([name, value]) => pairs(name, value as QueryValue))
    .map(([name, value]) => `${readable(name)}=${encodeURIComponent(value)}`)
    .join('&');
}
