// @ts-check
'use strict';
/*
 * Reports what a backend writes through `fs`, and when other code may write on its behalf, so that the dev server can
 * distinguish these writes from a person's changes. See write-report.cjs and foreign-runs.cjs for the reports.
 */
const fs = require('node:fs');
const { syncBuiltinESMExports } = require('node:module');
const { Wrapper, replace } = require('./wrap-functions.cjs');
const { OF_DESCRIPTORS, OF_HANDLES, OPERATIONS, isOfFile, opened, opensForWriting } = require('./write-operations.cjs');
const { WriteReport } = require('./write-report.cjs');
const { ForeignRuns } = require('./foreign-runs.cjs');
const { watchDatabases } = require('./watch-databases.cjs');
const { watchPrograms } = require('./watch-programs.cjs');
const { giveToWorkers } = require('./watch-workers.cjs');

/** @typedef {import('./wrap-functions.cjs').Functions} Functions */

/**
 * @param {string} folder of the reports
 * @param {string} preload for Workers
 * @returns a function to call when the program may have loaded more modules
 */
function reportWrites(folder, preload) {
  const runs = new ForeignRuns(folder);
  watchPrograms(runs);
  giveToWorkers(folder, preload);
  const report = new WriteReport(folder);
  // Created first, because the dev server has fewer clues about the writes of a process without a report.
  report.open();
  const wrapper = new Wrapper(report);
  const functions = /** @type {Functions} */ (/** @type {unknown} */ (fs));
  const promises = /** @type {Functions} */ (/** @type {unknown} */ (fs.promises));
  for (const [name, operation] of Object.entries(OPERATIONS)) {
    wrapper.sync(functions, `${name}Sync`, operation);
    wrapper.callback(functions, name, operation);
    wrapper.promise(promises, name, operation);
  }
  for (const [name, operation] of Object.entries(OF_DESCRIPTORS)) {
    wrapper.sync(functions, `${name}Sync`, operation, isOfFile, false);
    wrapper.callback(functions, name, operation, isOfFile);
  }
  let areHandlesWrapped = false;
  wrapper.sync(functions, 'openSync', opened, opensForWriting);
  wrapper.callback(functions, 'open', opened, opensForWriting);
  wrapper.promise(promises, 'open', opened, opensForWriting, (handle) => {
    // The prototype of file handles is only accessible through a handle.
    if (areHandlesWrapped) return;
    areHandlesWrapped = true;
    const prototype = Object.getPrototypeOf(handle);
    for (const [name, operation] of Object.entries(OF_HANDLES)) wrapper.promise(prototype, name, operation);
  });
  for (const name of ['close', 'closeSync']) {
    replace(functions, name, (original) => {
      return function close(...args) {
        report.closed(args[0]);
        return Reflect.apply(original, this, args);
      };
    });
  }
  syncBuiltinESMExports();
  return () => watchDatabases(runs);
}

module.exports = { reportWrites };
