// @ts-check
'use strict';
/*
 * Takes the time in which a process stood by out of what the app can read of its age. Loaded by stand-by.cjs.
 */

/** @param {number} ms how long it stood by */
function shiftClock(ms) {
  const { uptime } = process;
  process.uptime = new Proxy(uptime, {
    apply: (target, self, args) => Reflect.apply(target, self, args) - ms / 1000,
  });
}

module.exports = { shiftClock };
