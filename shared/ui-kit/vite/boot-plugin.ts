/**
 * Emits the boot script as a hashed asset and puts it first in the page's head. Vite itself only
 * handles module scripts, which run after the first paint.
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Plugin } from 'vite';

/** Where the page wants it. */
const PLACE = '<!--boot-->';
const SOURCE = fileURLToPath(new URL('../src/boot/theme-boot.js', import.meta.url));

export function bootScript(): Plugin {
  return {
    name: 'freehold-boot-script',
    apply: 'build',
    buildStart() {
      this.emitFile({ type: 'asset', name: 'boot.js', source: readFileSync(SOURCE) });
    },
    transformIndexHtml: {
      order: 'post',
      handler(page, { bundle }) {
        const asset = Object.values(bundle ?? {}).find(
          (file) => file.type === 'asset' && file.names.includes('boot.js'),
        );
        if (!asset || !page.includes(PLACE)) throw new Error(`no boot script, or no ${PLACE} in the page`);
        return page.replace(PLACE, `<script src="/${asset.fileName}"></script>`);
      },
    },
  };
}
