import { defineConfig } from 'rolldown';

/** Node.js 20 cannot run TypeScript, so `npm run fuzz` bundles its code. */
export default defineConfig({
  input: './test/fuzz/main.ts',
  platform: 'node',
  external: ['fast-check', /^ajv/],
  output: { file: './node_modules/.cache/jamdev-fuzz/main.js' },
});
