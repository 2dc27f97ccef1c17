import { fileURLToPath } from 'node:url';
import type { Plugin } from 'rolldown';

/** Modules of Node.js that take milliseconds to load, and that a start does not need. */
const LATE_BUILTINS = [
  'child_process',
  'crypto',
  'dgram',
  'dns/promises',
  'fs/promises',
  'http2',
  'https',
  'readline',
  'tls',
  'v8',
  'worker_threads',
  'zlib',
];

/** Loads modules of Node.js at their first use. They are a part of it, so that this can't fail. */
export const lateBuiltins: Plugin = {
  name: 'late-builtins',
  renderChunk(code) {
    let late = code;
    for (const [line, name = '', module = ''] of code.matchAll(/^let (\w+) = require\("(?:node:)?([^"]+)"\);\n/gm)) {
      if (!LATE_BUILTINS.includes(module)) continue;
      const [before = '', after = ''] = late.split(line);
      // The form for a default import.
      const [wrapping = '', wrap = ''] = new RegExp(`^${name} = (.*)\\(${name}(?:, 1)?\\);\\n`, 'm').exec(after) ?? [];
      const found = `require("node:${module}")`;
      const value = wrap === '' ? found : `${wrap}(${found}, 1)`;
      const made = new RegExp(`\\bnew ${name}((?:\\.\\w+)+)`, 'g');
      const uses = new RegExp(`(?<![\\w$.])${name}(?![\\w$])`, 'g');
      const definition = `let ${name}$late;\nconst ${name} = () => ${name}$late ??= ${value};\n`;
      late =
        before + definition + after.replace(wrapping, '').replace(made, `new (${name}$1)`).replace(uses, `${name}()`);
    }
    return late === code ? null : { code: late };
  },
};

/** Packages that a start does not need, and the functions of them that jamdev calls. */
const LATE_PACKAGES: Record<string, readonly string[]> = {
  chokidar: ['watch'],
  execa: ['execa', 'execaSync'],
  'http-proxy-middleware': ['createProxyMiddleware'],
  ignore: ['default'],
  'string-width': ['default'],
};

/** The same for a package that is a function itself, and has others. */
const LATE_CALLABLES: Record<string, readonly string[]> = { express: ['json'] };

/** The same for packages that Express and its parts call; those that are a function themselves have no names. */
const LATE_FOR_EXPRESS: Record<string, readonly string[]> = {
  'iconv-lite': ['decode', 'encode', 'encodingExists', 'getDecoder', 'getEncoder'],
  'mime-types': ['charset', 'contentType', 'extension', 'lookup'],
  qs: ['parse', 'stringify'],
  send: [],
  'serve-static': [],
};

/**
 * Loads packages at the first call of a function of theirs. They are in the file that calls it, so that this can't fail: a
 * running dev server reads nothing of its package, which npm may have replaced.
 */
export const latePackages: Plugin = {
  name: 'late-packages',
  resolveId(id, importer = '') {
    if (importer.startsWith('\0')) return null;
    if (/\/node_modules\/(accepts|body-parser|express|raw-body|send|type-is)\//.test(importer)) {
      return id in LATE_FOR_EXPRESS ? `\0late:${id}` : null;
    }
    return (id in LATE_PACKAGES || id in LATE_CALLABLES) && !importer.includes('/node_modules/')
      ? `\0late:${id}`
      : null;
  },
  load(id) {
    const name = id.startsWith('\0late:') ? id.slice('\0late:'.length) : undefined;
    if (name === undefined) return null;
    const path = JSON.stringify(fileURLToPath(import.meta.resolve(name)));
    const load = `let loaded; const load = () => (loaded ??= require(${path}));\n`;
    const ofCallable = LATE_CALLABLES[name];
    if (ofCallable !== undefined) {
      const functions = ofCallable.map((each) => `callable.${each} = (...given) => load().${each}(...given);\n`);
      return `${load}const callable = (...given) => load()(...given);\n${functions.join('')}export default callable;`;
    }
    const forExpress = LATE_FOR_EXPRESS[name];
    if (forExpress?.length === 0) return `${load}module.exports = (...given) => load()(...given);`;
    const functions = (forExpress ?? LATE_PACKAGES[name] ?? []).map((each) => {
      const target =
        forExpress !== undefined
          ? `exports.${each} =`
          : each === 'default'
            ? 'export default'
            : `export const ${each} =`;
      return `${target} (...given) => load().${each}(...given);`;
    });
    return load + functions.join('\n');
  },
};

/**
 * Node.js checks the regular expressions of a file when it compiles it, even in functions that are never called, and needs
 * 14 ms for this one: it is a list of all emoji. As a call it is checked when it is reached.
 */
export const lateEmoji: Plugin = {
  name: 'late-emoji',
  transform(code, id) {
    if (!id.includes('/node_modules/string-width/')) return null;
    const late = code.replace(/\/(\^\\p\{RGI_Emoji\}\$)\/v/, 'new RegExp(String.raw`$1`, "v")');
    if (late === code) throw new Error(`${id} has no list of emoji`);
    return { code: late };
  },
};

/** commander loads what starts commands in files of their own, which jamdev has none of. */
export const lateForCommander: Plugin = {
  name: 'late-for-commander',
  transform(code, id) {
    if (!id.endsWith('/node_modules/commander/lib/command.js')) return null;
    const [eager, value = ''] = /^const childProcess = (.*);\n/m.exec(code) ?? [];
    if (eager === undefined) throw new Error(`${id} has no childProcess`);
    return { code: code.replace(eager, '').replaceAll('childProcess.', `${value}.`) };
  },
};

/** The bundler has every file load its own functions, even one that calls none of them. */
export const noUnusedRuntime: Plugin = {
  name: 'no-unused-runtime',
  renderChunk(code) {
    const [line = '', variable] = /^const (\w+_rolldown_runtime) = require\("[^"]+"\);\n/m.exec(code) ?? [];
    return variable === undefined || code.includes(`${variable}.`) ? null : { code: code.replace(line, '') };
  },
};

/**
 * The bundler puts parentheses around the function of each package, at which V8 compiles all of it at once. Packages that are
 * loaded late, or never, are not to be compiled before.
 */
export const compiledLate: Plugin = {
  name: 'compiled-late',
  renderChunk(code) {
    return {
      code: code.replaceAll(/(__(?:commonJS|esm)Min)\(\(\((exports, module|exports|)\) => \{/g, '$1((0, ($2) => {'),
    };
  },
};

/**
 * express.json() takes bodies in UTF-7, UTF-8, UTF-16 and UTF-32 alone. The tables of languages of East Asia are half a
 * megabyte, which V8 would keep in memory with the source.
 */
export const onlyUnicode: Plugin = {
  name: 'only-unicode',
  load(id) {
    return /\/node_modules\/iconv-lite\/encodings\/dbcs-data\.js$/.test(id) ? 'module.exports = {};' : null;
  },
};
