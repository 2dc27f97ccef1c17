import { readdirSync, readFileSync } from 'node:fs';
import { defineConfig, type Plugin } from 'rolldown';

/**
 * Packages that a dev server loads before it is ready. From a bundle that takes 60 ms instead of 260, and nothing is
 * left to be loaded when file descriptors run out, or npm replaces packages under a running dev server.
 */
const BUNDLED = [
  'zod',
  'execa',
  'express',
  'http-proxy-middleware',
  'chokidar',
  'ignore',
  '@balena/dockerignore',
  'string-width',
  'es-module-lexer/minimal',
];

/** Node.js loads it in backends, by its path: it lies beside whichever file names it. */
const preload: Plugin = {
  name: 'preload',
  buildStart() {
    const source = readFileSync('src/runtime/process/remap-8080.cjs');
    this.emitFile({ type: 'asset', fileName: 'remap-8080.cjs', source });
  },
};

/** The licenses of what is bundled ask for their text to come along, those of what it depends on as well. */
const licenses: Plugin = {
  name: 'licenses',
  generateBundle(_options, bundle) {
    const modules = Object.values(bundle).flatMap((file) => (file.type === 'chunk' ? file.moduleIds : []));
    const folders = new Set(modules.flatMap((id) => /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(id)?.[0] ?? []));
    const named = BUNDLED.map((name) => name.split('/')[0]);
    const packages = [...folders].map(readPackage).sort((a, b) => {
      const rank = (name: string) => (named.includes(name) ? named.indexOf(name) : named.length);
      return rank(a.name) - rank(b.name) || a.name.localeCompare(b.name);
    });
    const texts = packages.map(({ name, version, text }) => `${name} ${version}\n\n${text.trim()}\n`);
    this.emitFile({ type: 'asset', fileName: 'THIRD-PARTY-LICENSES.txt', source: texts.join('\n\n') });
  },
};

function readPackage(folder: string): { name: string; version: string; text: string } {
  const { name, version, license } = JSON.parse(readFileSync(`${folder}/package.json`, 'utf8')) as Record<
    string,
    string
  >;
  const file = readdirSync(folder).find((each) => /^licen[cs]e/i.test(each));
  if (name === undefined || version === undefined) throw new Error(`${folder} has no name or version`);
  return {
    name,
    version,
    text: file === undefined ? `License: ${license}` : readFileSync(`${folder}/${file}`, 'utf8'),
  };
}

/** Puts jamdev's own modules, and BUNDLED, into few files. What is imported late stays in files of its own. */
export default defineConfig({
  input: {
    main: './src/cli/main.ts',
    index: './src/index.ts',
    // For `npm run schema`.
    'json-schema': './src/config/json-schema.ts',
  },
  platform: 'node',
  // What a bundled package depends on is bundled with it.
  external: (id, importer, isResolved) =>
    !isResolved && /^[@\w]/.test(id) && !BUNDLED.includes(id) && importer?.includes('/node_modules/') !== true,
  transform: { target: 'node20.19' },
  output: { dir: 'dist', entryFileNames: '[name].js', chunkFileNames: '[name].js' },
  plugins: [preload, licenses],
});
