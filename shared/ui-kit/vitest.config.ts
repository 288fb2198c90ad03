/** Unit tests of the kit and of both apps: pure functions and the catalogues. Screens are tested in a browser. */
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: { include: ['src/**/*.test.ts', '../../*-ui/src/**/*.test.ts'], environment: 'node' },
});
