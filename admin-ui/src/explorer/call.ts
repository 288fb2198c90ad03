/** From a filled form to one call: its address, its headers, its body; or which fields are wrong. */
import { type ApiCall, queryString } from '@freehold/ui-kit';
import { isObject, type Operation, type Parameter, type Schema } from './document';
import { exampleBody } from './example';
import { type JsonProblem, readJson } from './json';

/** The header that makes a repeated change happen once. */
export const ONCE = 'Idempotency-Key';
const TOKEN = 'TOKEN';

/** What was filled in. Parameters are kept as text by their key; absent is not sent. */
export interface Filled {
  parameters: Readonly<Record<string, string>>;
  body: string;
}

export type FieldProblem = { kind: 'required' } | { kind: 'object' } | ({ kind: 'json' } & JsonProblem);
export type Problems = Readonly<Record<string, FieldProblem>>;

/** The key of the body among the problems; parameters have a space in theirs. */
export const BODY = 'body';
export const keyOf = (parameter: Pick<Parameter, 'in' | 'name'>) => `${parameter.in} ${parameter.name}`;

export const isStructured = ({ schema }: Parameter) => schema.type === 'object' || schema.type === 'array';
export const isOnce = (parameter: Parameter) =>
  parameter.in === 'header' && parameter.name.toLowerCase() === ONCE.toLowerCase();

/** Parameters that somebody fills in. The key of a change is made anew with each one. */
export const fillable = ({ parameters }: Operation) => parameters.filter((parameter) => !isOnce(parameter));
export const wantsKey = ({ parameters }: Operation) => parameters.some(isOnce);

/** What a form begins with. */
export function startOf(operation: Operation, root: Schema): Filled {
  // A switch that is off says no where the parameter must be given.
  const off = fillable(operation).filter(({ required, schema }) => required && schema.type === 'boolean');
  const parameters = Object.fromEntries(off.map((parameter) => [keyOf(parameter), 'false']));
  return { parameters, body: operation.body ? exampleBody(root, operation.body) : '' };
}

function parameterProblem(parameter: Parameter, text: string): FieldProblem | null {
  if (text === '') return parameter.required ? { kind: 'required' } : null;
  if (!isStructured(parameter)) return null;
  const { value, problem } = readJson(text);
  if (problem) return { kind: 'json', ...problem };
  return isObject(value) || (parameter.schema.type === 'array' && Array.isArray(value)) ? null : { kind: 'object' };
}

function bodyProblem({ body }: Operation, text: string): FieldProblem | null {
  if (!body) return null;
  if (text.trim() === '') return body.required ? { kind: 'required' } : null;
  const { problem } = readJson(text);
  return problem && { kind: 'json', ...problem };
}

export function problemsOf(operation: Operation, { parameters, body }: Filled): Problems {
  const all = fillable(operation).map(
    (parameter) => [keyOf(parameter), parameterProblem(parameter, parameters[keyOf(parameter)] ?? '')] as const,
  );
  const found = [...all, [BODY, bodyProblem(operation, body)] as const];
  return Object.fromEntries(found.filter((entry): entry is [string, FieldProblem] => entry[1] !== null));
}

/** The address below the host. What is not filled in keeps its braces, so that it can be seen. */
export function pathOf(operation: Operation, filled: Filled['parameters']): string {
  const given = (place: Parameter['in']) =>
    fillable(operation).flatMap((parameter) => {
      const text = filled[keyOf(parameter)] ?? '';
      return parameter.in === place && text !== '' ? [{ parameter, text }] : [];
    });
  const path = given('path').reduce(
    (so, { parameter, text }) => so.replaceAll(`{${parameter.name}}`, () => encodeURIComponent(text)),
    operation.path,
  );
  const query: Record<string, unknown> = {};
  for (const { parameter, text } of given('query')) {
    query[parameter.name] = isStructured(parameter) ? readJson(text).value : text;
  }
  const asked = queryString(query);
  return asked ? `${path}?${asked}` : path;
}

export function headersOf(operation: Operation, filled: Filled['parameters']): Record<string, string> {
  return Object.fromEntries(
    fillable(operation)
      .filter((parameter) => parameter.in === 'header' && filled[keyOf(parameter)])
      .map((parameter) => [parameter.name, filled[keyOf(parameter)] ?? '']),
  );
}

/** The body as the API takes it, or nothing where none is sent. */
function bodyOf({ body }: Operation, text: string): unknown {
  return body && text.trim() !== '' ? readJson(text).value : undefined;
}

export interface Request {
  method: Operation['method'];
  path: string;
  headers: Readonly<Record<string, string>>;
  body: string | undefined;
}

/** `key` goes along where the document names a header for it: the same request again changes nothing. */
export function requestOf(operation: Operation, { parameters, body }: Filled, key: string): Request {
  const value = bodyOf(operation, body);
  return {
    method: operation.method,
    path: pathOf(operation, parameters),
    headers: { ...headersOf(operation, parameters), ...(wantsKey(operation) && { [ONCE]: key }) },
    body: value === undefined ? undefined : JSON.stringify(value),
  };
}

/** The same call as a program would make it. It never holds a token, only the name of one. */
export function snippetOf(operation: Operation, filled: Filled, origin: string, title: string): ApiCall {
  return {
    title,
    method: operation.method,
    url: `${origin}${pathOf(operation, filled.parameters)}`,
    token: operation.access.isOpen ? undefined : TOKEN,
    headers: headersOf(operation, filled.parameters),
    newEachTime: wantsKey(operation) ? ONCE : undefined,
    body: bodyOf(operation, filled.body),
    isText: !operation.answersJson,
  };
}

/** The values of a parameter that has few. */
export function choicesOf({ schema }: { schema: Schema }): readonly string[] | null {
  return Array.isArray(schema.enum) ? schema.enum.map(String) : null;
}
