import { readFileSync } from 'node:fs';
import { defineConfig, type Plugin } from 'rolldown';

/** Packages of so many modules that loading them one by one would be a third of the time to the first answer. */
const BUNDLED = ['zod'];

/** Node.js loads it in backends, by its path: it lies beside whichever file names it. */
const preload: Plugin = {
  name: 'preload',
  buildStart() {
    const source = readFileSync('src/runtime/process/remap-8080.cjs');
    this.emitFile({ type: 'asset', fileName: 'remap-8080.cjs', source });
  },
};

/** The licences of what is bundled ask for their text to come along. */
const licences: Plugin = {
  name: 'licences',
  buildStart() {
    const texts = BUNDLED.map((name) => {
      const { version } = JSON.parse(readFileSync(`node_modules/${name}/package.json`, 'utf8')) as { version: string };
      return `${name} ${version}\n\n${readFileSync(`node_modules/${name}/LICENSE`, 'utf8')}`;
    });
    this.emitFile({ type: 'asset', fileName: 'THIRD-PARTY-LICENSES.txt', source: texts.join('\n\n') });
  },
};

/** Puts jamdev's own modules, and BUNDLED, into few files. What is imported late stays in files of its own. */
export default defineConfig({
  input: {
    main: './src/cli/main.ts',
    index: './src/index.ts',
    // For `npm run schema`.
    'json-schema': './src/config/json-schema.ts',
  },
  platform: 'node',
  external: (id, _importer, isResolved) => !isResolved && /^[@\w]/.test(id) && !BUNDLED.includes(id),
  transform: { target: 'node20.19' },
  output: { dir: 'dist', entryFileNames: '[name].js', chunkFileNames: '[name].js' },
  plugins: [preload, licences],
});
