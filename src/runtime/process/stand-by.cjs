// @ts-check
'use strict';
/*
 * Stops a Node.js process that was started ahead of time before any code of the app is loaded, until jamdev gives it the
 * environment of a backend. It is the first module that Node.js loads, by NODE_OPTIONS; in every process that was not
 * started ahead of time, and in every Worker, it does nothing. The channel to jamdev is a descriptor so high that all
 * others get the numbers that they get without it.
 *
 *   to jamdev: "r" it stands by; "g" it has got its environment and goes on
 *   from jamdev: the environment as JSON, in one line
 *
 * When jamdev ends, even by SIGKILL, the channel ends as well, and with it this process.
 */
const channel = process.env.JAMDEV_STANDBY_FD;

// The app finds no trace of it among its modules.
delete require.cache[__filename];

if (channel !== undefined) {
  const fs = require('node:fs');
  const { shiftClock } = require('./shift-clock.cjs');
  delete require.cache[require.resolve('./shift-clock.cjs')];
  const fd = Number(channel);
  fs.writeSync(fd, 'r');
  const stoppedAt = process.hrtime.bigint();
  const text = readLine(fs, fd);
  if (text === undefined) {
    process.exit(0);
  } else {
    setEnvironment(JSON.parse(text));
    shiftClock(Number(process.hrtime.bigint() - stoppedAt) / 1e6);
    fs.writeSync(fd, 'g');
    fs.closeSync(fd);
  }
}

/**
 * Waits for a line. Nothing else of the process runs meanwhile.
 * @param {typeof import('node:fs')} fs
 * @param {number} fd
 * @returns {string | undefined} undefined: jamdev has ended, or does not need this process
 */
function readLine(fs, fd) {
  const chunks = [];
  for (;;) {
    const chunk = Buffer.alloc(65_536);
    const length = fs.readSync(fd, chunk, 0, chunk.length, null);
    if (length === 0) return undefined;
    chunks.push(chunk.subarray(0, length));
    if (chunk[length - 1] === 10) return Buffer.concat(chunks).toString('utf8');
  }
}

/**
 * Replaces all variables. They get the order in which a process started just now would have them.
 * @param {Record<string, string>} wanted
 */
function setEnvironment(wanted) {
  const names = Object.keys(process.env);
  const wantedNames = Object.keys(wanted);
  let same = 0;
  while (same < names.length && names[same] === wantedNames[same]) same += 1;
  for (const name of names.slice(same)) delete process.env[name];
  for (const name of wantedNames) if (process.env[name] !== wanted[name]) process.env[name] = wanted[name];
}
