// @ts-check
'use strict';
/*
 * Records when `node:sqlite` works on a file. It does that in native code, which may open and close the file each time. The
 * module is not loaded here, because that prints a warning that it is experimental.
 */
const { syncBuiltinESMExports } = require('node:module');
const { replace } = require('./wrap-functions.cjs');

/** @typedef {import('./wrap-functions.cjs').Functions} Functions */
/** @typedef {InstanceType<typeof import('./foreign-runs.cjs').ForeignRuns>} Runs */

/** Does not exist in Node.js 20. @type {string} */
const MODULE = 'node:sqlite';
const OF_DATABASES = ['open', 'close', 'exec', 'applyChangeset'];
const OF_STATEMENTS = ['run', 'get', 'all'];
const READS = /^\s*(?:select|explain|values)\b/i;
const now = Date.now;

/** @type {Set<unknown>} */
const watched = new Set();

/** Starts recording, if the program has loaded `node:sqlite`. @param {Runs} runs */
function watchDatabases(runs) {
  const loaded = /** @type {{ moduleLoadList?: string[] }} */ (/** @type {unknown} */ (process)).moduleLoadList;
  if (watched.size > 0 || !loaded?.includes('NativeModule sqlite')) return;
  const sqlite = require(MODULE);
  watched.add(sqlite);
  wrapAll(sqlite.DatabaseSync.prototype, OF_DATABASES, runs, () => true);
  wrapAll(sqlite.StatementSync.prototype, OF_STATEMENTS, runs, ({ sourceSQL }) => !READS.test(sourceSQL));
  sqlite.DatabaseSync = new Proxy(sqlite.DatabaseSync, {
    construct(target, args, newTarget) {
      const from = now();
      try {
        return Reflect.construct(target, args, newTarget);
      } finally {
        runs.add(from);
      }
    },
  });
  syncBuiltinESMExports();
}

/**
 * @param {Functions} prototype
 * @param {readonly string[]} names
 * @param {Runs} runs
 * @param {(object: any) => boolean} mayWrite
 */
function wrapAll(prototype, names, runs, mayWrite) {
  for (const name of names) {
    replace(prototype, name, (original) => {
      return function wrapped(...args) {
        const from = now();
        try {
          return Reflect.apply(original, this, args);
        } finally {
          if (mayWrite(this)) runs.add(from);
        }
      };
    });
  }
}

module.exports = { watchDatabases };
