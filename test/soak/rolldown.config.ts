import { defineConfig } from 'rolldown';

/** Node.js 20 cannot run TypeScript, so `npm run soak` bundles its code. */
export default defineConfig({
  input: './test/soak/main.ts',
  platform: 'node',
  external: ['ws'],
  output: { file: './node_modules/.cache/jamdev-soak/main.js' },
});
