/**
 * Joins a CommonJS module and modules that it requires by relative paths into one text, since every file that Node.js
 * loads costs a start half a millisecond. Other modules are required as usual.
 * @param entry the text of the module
 * @param parts the texts of the other modules, by file name
 */
export function joinModules(entry: string, parts: Readonly<Record<string, string>>): string {
  const functions = Object.entries(parts).map(
    ([name, text]) => `[${JSON.stringify(`./${name}`)}, function (module, exports, require) {${text}\n}],\n`,
  );
  return `'use strict';
(function (parts, loaded) {
  function requirePart(name) {
    const part = parts.get(name);
    if (part === undefined) return require(name);
    if (!loaded.has(name)) {
      const made = { exports: {} };
      loaded.set(name, made);
      part(made, made.exports, requirePart);
    }
    return loaded.get(name).exports;
  }
  requirePart.cache = require.cache;
  (function (require) {${entry}
  })(requirePart);
})(new Map([
${functions.join('')}]), new Map());
`;
}
