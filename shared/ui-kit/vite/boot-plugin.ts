/**
 * Emits the boot script as a hashed asset and puts it first in the page's head. Vite itself only
 * handles module scripts, which run after the first paint.
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Plugin } from 'vite';

const SOURCE = fileURLToPath(new URL('../src/boot/theme-boot.js', import.meta.url));

export function bootScript(): Plugin {
  let reference: string | undefined;
  return {
    name: 'freehold-boot-script',
    buildStart() {
      if (this.meta.watchMode) return;
      reference = this.emitFile({ type: 'asset', name: 'boot.js', source: readFileSync(SOURCE) });
    },
    generateBundle(_options, bundle) {
      if (!reference) return;
      const file = this.getFileName(reference);
      const page = bundle['index.html'];
      if (page?.type !== 'asset') return;
      page.source = String(page.source).replace('<!--boot-->', `<script src="/${file}"></script>`);
    },
  };
}
