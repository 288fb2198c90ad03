/** Bodies made of schemas: references, circles, what is required, and null for what may be absent. */
import { expect, it } from 'vitest';
import { type Body, readDocument, resolve } from './document';
import { describe, exampleBody, exampleOf, kindOf, propertiesOf } from './example';

const root = {
  paths: {},
  components: {
    schemas: {
      'Status': { type: 'string', enum: ['draft', 'published'] },
      'Tree': { type: 'object', properties: { child: { $ref: '#/components/schemas/Tree' } } },
      'Loop': { $ref: '#/components/schemas/Loop' },
      'Odd/~Name': { type: 'integer', minimum: 3 },
      'Post': {
        type: 'object',
        required: ['title', 'status'],
        properties: {
          excerpt: { type: ['string', 'null'] },
          other: { oneOf: [{ $ref: '#/components/schemas/Status' }, { type: 'null' }] },
          title: { type: 'string' },
          status: { $ref: '#/components/schemas/Status', description: 'Own words.' },
          tags: { type: 'array', items: { type: 'string' } },
        },
      },
    },
  },
};
const of = (name: string) => ({ $ref: `#/components/schemas/${name}` });

it('has what is required first, and null for what need not be given', () => {
  const post = exampleOf(root, of('Post'));
  expect(post).toEqual({ title: '', status: 'draft', excerpt: null, other: null, tags: [''] });
  expect(Object.keys(post as object).slice(0, 2)).toEqual(['title', 'status']);
});

it('ends in circles', () => {
  expect(exampleOf(root, of('Loop'))).toBeNull();
  expect(JSON.stringify(exampleOf(root, of('Tree')))).toBe(
    '{"child":{"child":{"child":{"child":{"child":{"child":null}}}}}}',
  );
});

it('takes what the document says for an example before it makes one', () => {
  expect(exampleOf(root, { type: 'string', example: 'tea' })).toBe('tea');
  expect(exampleOf(root, { type: 'string', examples: ['mint'] })).toBe('mint');
  expect(exampleOf(root, { type: 'integer', default: 25 })).toBe(25);
  expect(exampleOf(root, { const: 0 })).toBe(0);
  const body: Body = { required: true, schema: of('Post'), example: { title: 'Given' } };
  expect(exampleBody(root, body)).toBe('{\n  "title": "Given"\n}');
});

it('knows the other kinds', () => {
  expect(exampleOf(root, of('Odd~1~0Name'))).toBe(3);
  expect(exampleOf(root, { type: 'boolean' })).toBe(false);
  expect(exampleOf(root, { type: 'string', format: 'email' })).toBe('you@example.org');
  expect(exampleOf(root, { type: 'object', additionalProperties: {} })).toEqual({});
  expect(exampleOf(root, {})).toBeNull();
  const both = { allOf: [{ properties: { b: { type: 'integer' } } }, { required: ['a'], properties: { a: {} } }] };
  expect(exampleOf(root, both)).toEqual({ a: null, b: 0 });
});

it('says what a field takes', () => {
  const kinds = propertiesOf(root, of('Post')).map(({ name, schema }) => [name, kindOf(root, schema)]);
  const choices = { oneOf: [{ ...of('Status'), description: 'Of a choice.' }, { type: 'null' }] };
  expect([describe(root, choices), describe(root, {})]).toEqual(['Of a choice.', '']);
  expect(kinds).toEqual([
    ['title', 'string'],
    ['status', '"draft" | "published"'],
    ['excerpt', 'string | null'],
    ['other', '"draft" | "published" | null'],
    ['tags', 'string[]'],
  ]);
});

it('lets words beside a reference win, and refuses what is no description', () => {
  expect(resolve(root, { ...of('Status'), description: 'Own words.' }).description).toBe('Own words.');
  expect(resolve(root, of('Missing'))).toEqual({});
  expect(() => readDocument({ error: 'no' })).toThrow('no description');
});
