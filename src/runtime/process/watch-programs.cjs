// @ts-check
'use strict';
/*
 * Records when programs run that a backend has started, such as a shell that appends to a file on each request. All
 * asynchronous functions of `child_process` call the same method.
 */
const childProcess = require('node:child_process');
const { replace } = require('./wrap-functions.cjs');

/** @typedef {import('./wrap-functions.cjs').Functions} Functions */

const WAITING = ['spawnSync', 'execSync', 'execFileSync'];

/** @param {InstanceType<typeof import('./foreign-runs.cjs').ForeignRuns>} runs */
function watchPrograms(runs) {
  const functions = /** @type {Functions} */ (/** @type {unknown} */ (childProcess));
  for (const name of WAITING) {
    replace(functions, name, (original) => {
      return function wrapped(...args) {
        const run = runs.begin();
        try {
          return Reflect.apply(original, this, args);
        } finally {
          runs.end(run);
        }
      };
    });
  }
  const prototype = /** @type {Functions} */ (/** @type {unknown} */ (childProcess.ChildProcess.prototype));
  replace(prototype, 'spawn', (original) => {
    return function spawn(...args) {
      const run = runs.begin();
      try {
        return Reflect.apply(original, this, args);
      } finally {
        if (this.pid === undefined) runs.end(run);
        else {
          runs.name(run, this.pid);
          this.once('exit', () => runs.end(run));
        }
      }
    };
  });
}

module.exports = { watchPrograms };
