import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { defineConfig, type InputOptions, type OutputOptions, type Plugin } from 'rolldown';
import license from 'rollup-plugin-license';
import { chunksOfDev } from './rolldown.chunks.js';
import {
  compiledLate,
  lateBuiltins,
  lateEmoji,
  lateForCommander,
  latePackages,
  noUnusedRuntime,
  onlyUnicode,
} from './rolldown.late.js';

/**
 * The packages that stay packages: an installation brings them. All others are built into `dist`, with their licenses: from
 * few files a dev server loads 200 ms faster, nothing is missing when npm replaces packages under a running dev server, and
 * their demands on Node.js don't reach users (http-proxy-middleware declares Node.js 22, but works on 20).
 */
const { dependencies: DEPENDENCIES = {} } = JSON.parse(readFileSync('package.json', 'utf8')) as {
  dependencies?: Record<string, string>;
};

/**
 * Node.js loads these in backends, by path: they are next to the file that names the first.
 * @param target the folder in `dist` for chunks of the build
 */
const preload = (target: string): Plugin => ({
  name: 'preload',
  buildStart() {
    const folder = 'src/runtime/process';
    for (const name of readdirSync(folder).filter((each) => each.endsWith('.cjs'))) {
      this.emitFile({ type: 'asset', fileName: join(target, name), source: readFileSync(`${folder}/${name}`) });
    }
  },
});

/** The licenses of what is bundled ask for their text to come along, those of what it depends on as well. */
// Its types are those of an ES module, which it is not.
const licenses = (license as unknown as typeof license.default)({
  thirdParty: {
    multipleVersions: true,
    output: {
      file: 'dist/THIRD-PARTY-LICENSES.txt',
      template: (packages) =>
        packages
          .toSorted((a, b) => String(a.name).localeCompare(String(b.name)))
          .map(({ name, version, license: kind, licenseText, noticeText }) => {
            const texts = [licenseText ?? `License: ${kind}`, noticeText ?? ''].filter((text) => text !== '');
            return [`${name} ${version}`, ...texts.map((text) => text.trim())].join('\n\n');
          })
          .join('\n\n\n'),
    },
  },
});

/** A package in a form that no bundler sees through would miss its own modules when it is used: better now than then. */
const wholeBundle: Plugin = {
  name: 'whole-bundle',
  generateBundle(_options, bundle) {
    for (const file of Object.values(bundle)) {
      if (file.type !== 'chunk') continue;
      const code = file.code.replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, '');
      for (const [found, path = ''] of code.matchAll(/\brequire\(["'](\.[^"']*)["']\)/g)) {
        const target = join(dirname(file.fileName), path);
        if (bundle[target] === undefined) throw new Error(`${file.fileName} has ${found}, which is not in the bundle`);
      }
    }
  },
};

/** `import 'jamdev'` gives what `require('jamdev')` gives: one implementation, whichever way a program loads it. */
const esmEntry: Plugin = {
  name: 'esm-entry',
  generateBundle(_options, bundle) {
    const entry = bundle['index.cjs'];
    if (entry?.type !== 'chunk') throw new Error('there is no index.cjs');
    const source = `export { ${entry.exports.join(', ')} } from './index.cjs';\n`;
    this.emitFile({ type: 'asset', fileName: 'index.js', source });
  },
};

/** Where tsc puts the declarations of all modules. */
const ALL_TYPES = 'node_modules/.cache/jamdev/types';

/** Takes the declarations that the public API needs, and no others; once for `import`, once for `require`. */
const publicTypes: Plugin = {
  name: 'public-types',
  generateBundle() {
    const files = new Map<string, string>();
    const take = (file: string): void => {
      if (files.has(file)) return;
      const text = readFileSync(join(ALL_TYPES, file), 'utf8');
      files.set(file, text);
      for (const [, specifier = ''] of text.matchAll(/(?:from|import\()\s*['"]([^'"]+)['"]/g)) {
        if (!specifier.startsWith('.')) throw new Error(`the types of the public API need ${specifier} (in ${file})`);
        take(join(dirname(file), specifier.replace(/\.js$/, '.d.ts')));
      }
    };
    take('index.d.ts');
    for (const [file, text] of files) {
      const forRequire = text.replace(/((?:from|import\()\s*['"]\.[^'"]+)\.js(?=['"])/g, '$1.cjs');
      this.emitFile({ type: 'asset', fileName: `types/${file}`, source: text });
      this.emitFile({ type: 'asset', fileName: `types/${file.replace(/\.ts$/, '.cts')}`, source: forRequire });
    }
  },
};

const COMMON: InputOptions = {
  platform: 'node',
  external: (id, importer) =>
    Object.keys(DEPENDENCIES).some((name) => id === name || id.startsWith(`${name}/`)) &&
    importer?.includes('/node_modules/') !== true,
  // Its main file is UMD, whose modules no bundler finds.
  resolve: { alias: { 'jsonc-parser': 'jsonc-parser/lib/esm/main.js' } },
  transform: { target: 'node20.19' },
};

/**
 * No comments, and characters beyond ASCII escaped: V8 keeps the source of what runs, and one such character makes a
 * whole file take twice as much memory. Nothing else is changed, so that a stack trace can be read.
 */
const SMALL_IN_MEMORY: OutputOptions = {
  comments: false,
  minify: { compress: false, mangle: false, codegen: { removeWhitespace: false, asciiOnly: true } },
  minifyInternalExports: false,
};

/** Puts jamdev's own modules, and the packages they need, into few files. What is imported late stays in files of its own. */
export default defineConfig([
  {
    ...COMMON,
    input: { launch: './src/cli/launch.ts' },
    output: {
      ...SMALL_IN_MEMORY,
      dir: 'dist',
      format: 'cjs',
      codeSplitting: { groups: chunksOfDev },
      dynamicImportInCjs: false,
      entryFileNames: '[name].cjs',
      chunkFileNames: '[name].cjs',
    },
    plugins: [
      preload('.'),
      latePackages,
      lateForCommander,
      lateEmoji,
      lateBuiltins,
      compiledLate,
      onlyUnicode,
      noUnusedRuntime,
      licenses,
      wholeBundle,
    ],
  },
  {
    ...COMMON,
    // CommonJS, as Jest and other tools of that kind can't load anything else.
    input: { index: './src/index.ts' },
    output: {
      ...SMALL_IN_MEMORY,
      dir: 'dist',
      format: 'cjs',
      entryFileNames: '[name].cjs',
      // Beside the preload, which modules find next to the file that they are in.
      chunkFileNames: 'api-[name].cjs',
      // Jest has no import() either.
      dynamicImportInCjs: false,
    },
    plugins: [preload('api'), lateEmoji, onlyUnicode, esmEntry, publicTypes, wholeBundle],
  },
]);
