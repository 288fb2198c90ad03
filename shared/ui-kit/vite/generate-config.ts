/**
 * How a typed client is made from one of the committed OpenAPI documents. Whole numbers stay
 * numbers: every `int64` of the API fits one.
 */
import { defineConfig } from '@hey-api/openapi-ts';

interface Schema {
  format?: string;
  properties?: Record<string, Schema>;
}

export const clientOf = (document: string) =>
  defineConfig({
    input: { path: document },
    output: { path: 'src/api', clean: true },
    parser: {
      patch: {
        schemas: (_name, schema) => {
          for (const property of Object.values((schema as Schema).properties ?? {})) {
            if (property.format === 'int64') delete property.format;
          }
        },
      },
    },
    plugins: ['@hey-api/client-fetch', '@hey-api/typescript', '@hey-api/sdk'],
  });
