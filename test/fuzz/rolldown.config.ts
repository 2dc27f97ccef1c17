import { defineConfig } from 'rolldown';

/** Node.js 20 reads no TypeScript: `npm run fuzz` bundles what it runs. */
export default defineConfig({
  input: './test/fuzz/main.ts',
  platform: 'node',
  external: ['fast-check', /^ajv/],
  output: { file: './node_modules/.cache/jamdev-fuzz/main.js' },
});
