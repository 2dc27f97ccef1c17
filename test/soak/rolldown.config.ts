import { defineConfig } from 'rolldown';

/** Node.js 20 reads no TypeScript: `npm run soak` bundles what it runs. */
export default defineConfig({
  input: './test/soak/main.ts',
  platform: 'node',
  external: ['ws'],
  output: { file: './node_modules/.cache/jamdev-soak/main.js' },
});
