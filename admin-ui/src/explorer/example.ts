/** A body to start from, made from its schema: what is required first, nothing guessed that changes data. */
import { type Body, isObject, resolve, type Schema } from './document';

const DEPTH_MAX = 6;

const typesOf = ({ type }: Schema): readonly unknown[] => (Array.isArray(type) ? type : [type]);

const choicesOf = (schema: Schema): readonly unknown[] =>
  [schema.oneOf, schema.anyOf].find((choices): choices is unknown[] => Array.isArray(choices)) ?? [];

/** Whether null is a value of it. Then null is the example: it stands for "not given". */
function mayBeNull(root: Schema, schema: Schema): boolean {
  return typesOf(schema).includes('null') || choicesOf(schema).some((choice) => resolve(root, choice).type === 'null');
}

/** What several schemas together ask for. */
function merged(root: Schema, schema: Schema): Schema {
  const { allOf, ...own } = schema;
  if (!Array.isArray(allOf)) return schema;
  const parts: Schema[] = [...allOf.map((part) => merged(root, resolve(root, part))), own];
  return Object.assign({}, ...parts, {
    required: parts.flatMap(({ required }) => namesOf(required)),
    properties: Object.assign({}, ...parts.map(({ properties }) => properties)),
  });
}

const namesOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

/** The properties of an object, those that it requires first. */
export function propertiesOf(root: Schema, raw: unknown): { name: string; required: boolean; schema: Schema }[] {
  const schema = merged(root, resolve(root, raw));
  const required = namesOf(schema.required);
  return Object.entries(isObject(schema.properties) ? schema.properties : {})
    .map(([name, property]) => ({ name, required: required.includes(name), schema: resolve(root, property) }))
    .sort((a, b) => Number(b.required) - Number(a.required));
}

/** What texts of a format look like. */
export const FORMATS: Readonly<Record<string, string>> = {
  'date-time': '2026-01-31T12:00:00Z',
  'date': '2026-01-31',
  'email': 'you@example.org',
  'uri': 'https://example.org/',
  'uuid': '00000000-0000-4000-8000-000000000000',
};

/** A value that the schema allows as far as its type goes. */
export function exampleOf(root: Schema, raw: unknown, depth = 0): unknown {
  const schema = merged(root, resolve(root, raw));
  const given = [schema.example, namesOf(schema.examples)[0], schema.const, schema.default];
  const said = given.find((value) => value !== undefined);
  if (said !== undefined) return said;
  if (depth >= DEPTH_MAX || mayBeNull(root, schema)) return null;
  if (Array.isArray(schema.enum)) return schema.enum[0];
  const [choice] = choicesOf(schema);
  if (choice !== undefined) return exampleOf(root, choice, depth + 1);
  switch (schema.type) {
    case 'string':
      return FORMATS[String(schema.format)] ?? '';
    case 'integer':
    case 'number':
      return typeof schema.minimum === 'number' ? schema.minimum : 0;
    case 'boolean':
      return false;
    case 'array':
      return schema.items === undefined ? [] : [exampleOf(root, schema.items, depth + 1)];
    default:
      return isObject(schema.properties) || schema.type === 'object' ? objectOf(root, schema, depth) : null;
  }
}

function objectOf(root: Schema, schema: Schema, depth: number): Schema {
  const properties = propertiesOf(root, schema);
  return Object.fromEntries(properties.map(({ name, schema }) => [name, exampleOf(root, schema, depth + 1)]));
}

export function exampleBody(root: Schema, { example, schema }: Body): string {
  return JSON.stringify(example ?? exampleOf(root, schema), null, 2);
}

/** What the document says of a field, itself or with one of its choices. */
export function describe(root: Schema, schema: Schema): string {
  const said = [schema, ...choicesOf(schema).map((choice) => resolve(root, choice))];
  return String(said.find(({ description }) => typeof description === 'string')?.description ?? '');
}

/** What a field takes, in the words of the schema: `string | null`, `"draft" | "published"`. */
export function kindOf(root: Schema, raw: unknown): string {
  const schema = merged(root, resolve(root, raw));
  if (Array.isArray(schema.enum)) return schema.enum.map((value) => JSON.stringify(value)).join(' | ');
  const choices = choicesOf(schema);
  if (choices.length > 0) return choices.map((choice) => kindOf(root, choice)).join(' | ');
  if (schema.type === 'array') return `${kindOf(root, schema.items)}[]`;
  return typesOf(schema)
    .map((type) => (typeof type === 'string' ? type : 'any'))
    .join(' | ');
}
