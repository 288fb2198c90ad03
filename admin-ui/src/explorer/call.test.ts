/** What is filled in becomes the call that is sent, and the one that is shown. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { type Filled, problemsOf, requestOf, snippetOf } from './call';
import { grouped, matching, type Operation, readDocument } from './document';
import { exampleBody } from './example';

const text = readFileSync(new URL('../../../openapi/site.json', import.meta.url), 'utf8');
const site = readDocument(JSON.parse(text));

function operation(method: string, path: string): Operation {
  const found = site.operations.find((one) => one.method === method && one.path === path);
  if (!found) throw new Error(`the document has no ${method} ${path}`);
  return found;
}

const filled = (parameters: Record<string, string> = {}, body = ''): Filled => ({ parameters, body });

it('puts parameters where they belong', () => {
  const list = operation('GET', '/api/v1/posts');
  const parameters = { 'query q': 'a&b', 'query status': 'draft', 'query filter': '{"version": {"$gte": 2}}' };
  expect(problemsOf(list, filled(parameters))).toEqual({});
  expect(requestOf(list, filled(parameters), 'k').path).toBe(
    '/api/v1/posts?q=a%26b&status=draft&filter[version][$gte]=2',
  );
  const one = operation('PUT', '/api/v1/posts/{slug}');
  expect(requestOf(one, filled({ 'path slug': 'a/$& b' }, '{"title": "A"}'), 'k')).toEqual({
    method: 'PUT',
    path: '/api/v1/posts/a%2F%24%26%20b',
    headers: {},
    body: '{"title":"A"}',
  });
});

it('says which fields are wrong', () => {
  const one = operation('PUT', '/api/v1/posts/{slug}');
  expect(problemsOf(one, filled({}, '{\n  "title": A\n}'))).toEqual({
    'path slug': { kind: 'required' },
    'body': { kind: 'json', line: 2, column: 12, found: 'A' },
  });
  expect(problemsOf(one, filled({ 'path slug': 'a' }))).toEqual({ body: { kind: 'required' } });
  const list = operation('GET', '/api/v1/posts');
  expect(problemsOf(list, filled({ 'query filter': '7' }))).toEqual({ 'query filter': { kind: 'object' } });
});

it('shows a call with names instead of secrets, also while it is unfinished', () => {
  const write = operation('POST', '/api/v1/posts');
  const call = snippetOf(write, filled({}, '{"title": "A"}'), 'https://a.example', 'Call');
  expect(call).toMatchObject({ token: 'TOKEN', newEachTime: 'Idempotency-Key', body: { title: 'A' } });
  expect(requestOf(write, filled({}, '{}'), 'k').headers).toEqual({ 'Idempotency-Key': 'k' });
  const one = snippetOf(operation('GET', '/api/v1/posts/{slug}'), filled(), 'https://a.example', 'Call');
  expect(one).toMatchObject({ url: 'https://a.example/api/v1/posts/{slug}', token: undefined, isText: false });
  expect(snippetOf(operation('GET', '/feed.xml'), filled(), '', '').isText).toBe(true);
});

it('reads who may call what', () => {
  expect(operation('GET', '/api/v1/posts').access.isOpen).toBe(true);
  expect(operation('POST', '/api/v1/posts').access).toEqual({
    isOpen: false,
    permission: 'posts.create',
    role: 'author',
    scope: 'write',
  });
});

it('makes a body of every operation that takes one, which needs no change to be JSON', () => {
  const withBody = site.operations.filter(({ body }) => body);
  expect(withBody.length).toBeGreaterThan(5);
  for (const one of withBody) {
    const body = one.body ? exampleBody(site.root, one.body) : '';
    const parameters = Object.fromEntries(one.parameters.map(({ in: where, name }) => [`${where} ${name}`, 'x']));
    expect([one.id, problemsOf(one, filled(parameters, body))]).toEqual([one.id, {}]);
  }
});

it('groups and searches', () => {
  const groups = grouped(site.operations);
  expect(groups.at(-1)?.name).toBeNull();
  expect(groups.find(({ name }) => name === 'posts')?.operations.length).toBeGreaterThan(4);
  expect(matching(site.operations, ' post WRITE ').map(({ id }) => id)).toContain('post_api_v1_posts');
  expect(matching(site.operations, 'nothing has this')).toEqual([]);
  expect(matching(site.operations, '')).toHaveLength(site.operations.length);
});
