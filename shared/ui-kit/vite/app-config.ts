/**
 * The build of both apps: routes split by themselves, libraries in chunks that change seldom,
 * every asset hashed under /assets, nothing inlined (the policy allows no data: URL but images).
 */
import { tanstackRouter } from '@tanstack/router-plugin/vite';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';
import { bootScript } from './boot-plugin.ts';

const CHUNKS = [
  { name: 'react', test: /node_modules[\\/](react|react-dom|scheduler)[\\/]/, priority: 30 },
  {
    name: 'mantine',
    test: /node_modules[\\/](@mantine[\\/](core|hooks|notifications|spotlight|store)|@floating-ui|react-remove-scroll|clsx)/,
    priority: 20,
  },
  {
    name: 'data',
    test: /node_modules[\\/](@tanstack[\\/](react-query|query-core|react-router|router-core|history|react-store|store)|i18next|react-i18next)/,
    priority: 15,
  },
  { name: 'table', test: /node_modules[\\/]@tanstack[\\/](react-table|table-core)/, priority: 14 },
  { name: 'forms', test: /node_modules[\\/](react-hook-form|@hookform|zod)/, priority: 13 },
  {
    name: 'editor',
    test: /node_modules[\\/](@tiptap|prosemirror-|@mantine[\\/]tiptap|marked|linkifyjs|orderedmap|rope-sequence|w3c-keyname)/,
    priority: 12,
  },
];

export const appConfig = () =>
  defineConfig({
    plugins: [
      tanstackRouter({ target: 'react', autoCodeSplitting: true, quoteStyle: 'single' }),
      react(),
      bootScript(),
    ],
    html: { cspNonce: '__CSP_NONCE__' },
    build: {
      target: 'es2022',
      assetsInlineLimit: 0,
      sourcemap: false,
      rolldownOptions: { output: { codeSplitting: { groups: CHUNKS } } },
    },
  });
