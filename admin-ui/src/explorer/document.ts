/**
 * The site's own description of its API, read into operations. What this release cannot read is
 * left out or shown as it is; a newer document must not break the screen.
 */
import * as z from 'zod';

export const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;
export type Method = (typeof METHODS)[number];

export type Schema = Readonly<Record<string, unknown>>;

export interface Parameter {
  name: string;
  in: 'path' | 'query' | 'header';
  required: boolean;
  description: string;
  schema: Schema;
}

/** Who may call; what the document does not say is null. */
export interface Access {
  isOpen: boolean;
  permission: string | null;
  role: string | null;
  scope: string | null;
}

export interface Body {
  required: boolean;
  schema: Schema;
  /** What the document gives as an example of the whole body. */
  example?: unknown;
}

export interface Operation {
  id: string;
  method: Method;
  path: string;
  /** Where it stands in the list; null for what is no part of the API, such as pages and feeds. */
  group: string | null;
  summary: string;
  description: string;
  access: Access;
  parameters: readonly Parameter[];
  body: Body | null;
  answersJson: boolean;
}

export interface ApiDocument {
  title: string;
  version: string;
  description: string;
  operations: readonly Operation[];
  /** What references lead into. */
  root: Schema;
}

export const isObject = (value: unknown): value is Schema =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const REFERENCES_MAX = 16;

/** Follows references inside the document. One that leads nowhere, or in circles, is an empty schema. */
export function resolve(root: Schema, value: unknown): Schema {
  let found = value;
  for (let step = 0; step < REFERENCES_MAX; step++) {
    if (!isObject(found)) return {};
    const { $ref, ...beside } = found;
    if (typeof $ref !== 'string') return found;
    const target = $ref
      .replace(/^#\//, '')
      .split('/')
      .map((part) => part.replace(/~1/g, '/').replace(/~0/g, '~'))
      .reduce<unknown>((inner, part) => (isObject(inner) ? inner[part] : undefined), root);
    if (!isObject(target)) return {};
    found = { ...target, ...beside };
  }
  return {};
}

const text = z.string().catch('');
const object = z.custom<Schema>(isObject).catch({});

const parameterShape = z.object({
  name: z.string().min(1),
  in: z.enum(['path', 'query', 'header']),
  required: z.boolean().catch(false),
  description: text,
  schema: object,
});

const mediaShape = z.object({ schema: object, example: z.unknown().optional(), examples: object });

function parametersOf(root: Schema, lists: readonly unknown[]): Parameter[] {
  const found = new Map<string, Parameter>();
  for (const raw of lists.flatMap((list) => (Array.isArray(list) ? list : []))) {
    const { data } = parameterShape.safeParse(resolve(root, raw));
    // An operation's own stands for the one of its path.
    if (data) found.set(`${data.in} ${data.name}`, { ...data, schema: resolve(root, data.schema) });
  }
  return [...found.values()];
}

function bodyOf(root: Schema, raw: unknown): Body | null {
  const { content, required } = resolve(root, raw);
  if (!isObject(content) || !isObject(content['application/json'])) return null;
  const { schema, example, examples } = mediaShape.parse(content['application/json']);
  const named = resolve(root, Object.values(examples)[0]).value;
  return { required: required === true, schema, example: example ?? named };
}

function answersJson(root: Schema, responses: unknown): boolean {
  const successes = Object.entries(isObject(responses) ? responses : {}).filter(([status]) => status.startsWith('2'));
  return successes.every(([, response]) => {
    const { content } = resolve(root, response);
    return !isObject(content) || Object.keys(content).some((type) => /[/+]json\b/.test(type));
  });
}

/** `/api/v1/admin/users/{id}` stands under `users`, whoever it is for. */
function groupOf(path: string, tags: unknown): string | null {
  if (Array.isArray(tags) && typeof tags[0] === 'string') return tags[0];
  return /^\/(?:api\/)?v\d+\/(?:admin\/)?([^/{}]+)/.exec(path)?.[1] ?? null;
}

const textOrNull = (value: unknown) => (typeof value === 'string' ? value : null);

function accessOf(raw: Schema, everywhere: unknown): Access {
  const security = raw.security ?? everywhere;
  return {
    // An empty requirement among others means: also without.
    isOpen: !Array.isArray(security) || security.length === 0 || security.some((one) => Object.keys(one).length === 0),
    permission: textOrNull(raw['x-permission']),
    role: textOrNull(raw['x-role']),
    scope: textOrNull(raw['x-scope']),
  };
}

function operationsOf(root: Schema): Operation[] {
  const paths = isObject(root.paths) ? root.paths : {};
  return Object.entries(paths).flatMap(([path, raw]) => {
    const item = resolve(root, raw);
    return METHODS.flatMap((method): Operation[] => {
      const own = item[method.toLowerCase()];
      if (!isObject(own)) return [];
      return [
        {
          id: textOrNull(own.operationId) ?? `${method} ${path}`,
          method,
          path,
          group: groupOf(path, own.tags),
          summary: text.parse(own.summary),
          description: text.parse(own.description),
          access: accessOf(own, root.security),
          parameters: parametersOf(root, [item.parameters, own.parameters]),
          body: method === 'GET' ? null : bodyOf(root, own.requestBody),
          answersJson: answersJson(root, own.responses),
        },
      ];
    });
  });
}

export function readDocument(root: unknown): ApiDocument {
  if (!isObject(root) || !isObject(root.paths)) throw new Error('this is no description of an API');
  const info = isObject(root.info) ? root.info : {};
  return {
    title: text.parse(info.title),
    version: text.parse(info.version),
    description: text.parse(info.description),
    operations: operationsOf(root),
    root,
  };
}

export interface OperationGroup {
  name: string | null;
  operations: readonly Operation[];
}

/** Operations by group, in the document's order; what is no part of the API comes last. */
export function grouped(operations: readonly Operation[]): OperationGroup[] {
  const names = [...new Set(operations.map(({ group }) => group))].sort((a, b) => Number(!a) - Number(!b));
  return names.map((name) => ({ name, operations: operations.filter(({ group }) => group === name) }));
}

/** Operations in which every word is found: method, address, group, or what it is about. */
export function matching(operations: readonly Operation[], q: string): readonly Operation[] {
  const words = q.toLowerCase().split(/\s+/).filter(Boolean);
  return operations.filter(({ method, path, group, summary }) => {
    const where = `${method} ${path} ${group ?? ''} ${summary}`.toLowerCase();
    return words.every((word) => where.includes(word));
  });
}
