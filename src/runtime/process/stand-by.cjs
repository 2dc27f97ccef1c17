// @ts-check
'use strict';
/*
 * Pauses a Node.js process that was started ahead of time before any code of the app is loaded, until jamdev gives it the
 * environment of a backend. It is the first module that Node.js loads, through NODE_OPTIONS. In a process that was not
 * started ahead of time, it does nothing; in a Worker, it only sets the clock. The channel to jamdev is a descriptor with
 * such a high number that all other descriptors get the same numbers as without it.
 *
 *   to jamdev: "r" it is in standby; "g" it has got its environment and continues; "o" its Node.js is too old for standby
 *   from jamdev: the environment as JSON, in one line; for a container only its changes, with null for removed variables
 *
 * In a container, two named pipes in a folder replace that descriptor. Only processes that the container itself was started
 * with may open them: a Node.js that a health check or `docker exec` starts continues at once, as if this file did not
 * exist. jamdev removes the names of the pipes once a process is in standby, so that no other process can open them. The
 * same pipes are used for a process that npm or another package runner starts, because runners do not pass on descriptors.
 * The runner itself continues; only the process that runs the script's file goes into standby.
 *
 * When jamdev ends, even by SIGKILL, the channel is closed, which ends this process.
 */
/** Without modules that open files or create `process.stderr` when they are loaded, such as `assert` and `tls`. */
const USUAL_MODULES = [
  ...['async_hooks', 'buffer', 'child_process', 'crypto', 'events', 'fs/promises', 'http', 'module', 'net', 'os'],
  ...['path', 'perf_hooks', 'querystring', 'readline', 'stream', 'stream/promises', 'string_decoder', 'timers'],
  ...['timers/promises', 'tty', 'url', 'util', 'vm', 'worker_threads', 'zlib'],
];
const channel = process.env.JAMDEV_STANDBY_FD;
const folder = process.env.JAMDEV_STANDBY_FOLDER;
/** The words after `node` in the script of package.json; undefined without a package runner. */
const script = process.env.JAMDEV_STANDBY_SCRIPT;
const OLDEST_NODE = 16;

// Removed so that the app does not see this file among its modules.
delete require.cache[__filename];

if (script !== undefined && !runsFileOf(script)) guardRunner();
else if (channel !== undefined || folder !== undefined) standBy();
else if (!require('node:worker_threads').isMainThread) loadClock().inheritClock();

/**
 * Whether this process runs the file of a script. Any of the script's words may be the file, because an option may take
 * the next word as its value.
 * @param {string} text
 */
function runsFileOf(text) {
  const { resolve } = require('node:path');
  return text.split(' ').some((word) => word === process.argv[1] || resolve(word) === process.argv[1]);
}

function standBy() {
  const open = () => (folder === undefined ? { input: Number(channel), output: Number(channel) } : openPipes(folder));
  // Most processes in a container have no pipes to open, and continue.
  const opened = script === undefined ? open() : undefined;
  if (script === undefined && opened === undefined) return;
  // Read before the preload wraps them.
  const { readSync, writeSync, closeSync } = require('node:fs');
  const isOld = Number(process.versions.node.split('.')[0]) < OLDEST_NODE;
  if (!isOld) loadAhead();
  const remap = isPreloadNext() ? require('./remap-8080.cjs') : undefined;
  const endWait = isOld ? () => undefined : loadClock().prepareClock();
  // Opened as late as possible, so that all earlier descriptors have the same numbers as in a process without standby.
  const ends = opened ?? open();
  if (ends === undefined) return;
  writeSync(ends.output, isOld ? 'o' : 'r');
  const text = isOld ? undefined : readLine(readSync, ends.input);
  if (text === undefined) process.exit(0);
  const given = JSON.parse(text);
  setEnvironment(folder === undefined ? given : changeEnvironment(given));
  endWait();
  writeSync(ends.output, 'g');
  for (const fd of new Set(Object.values(ends))) closeSync(fd);
  remap?.begin();
}

/** @returns {typeof import('./shift-clock.cjs')} the module, which is also hidden from the app */
function loadClock() {
  const clock = require('./shift-clock.cjs');
  delete require.cache[require.resolve('./shift-clock.cjs')];
  return clock;
}

/** Loads the modules of Node.js that most servers need, which takes most of the start of a small server. */
function loadAhead() {
  for (const name of USUAL_MODULES) require(`node:${name}`);
  // Reading the exports loads further modules, which also happens when an ES module imports `node:http`.
  if (isModule(process.argv[1] ?? '')) Object.values(require('node:http'));
}

/** @param {string} file @returns {boolean} whether it is an ES module */
function isModule(file) {
  if (/\.[cm][jt]s$/.test(file)) return file.at(-3) === 'm';
  const { existsSync, readFileSync } = require('node:fs');
  const { dirname, join } = require('node:path');
  for (let folder = dirname(file); ; folder = dirname(folder)) {
    const manifest = join(folder, 'package.json');
    try {
      if (existsSync(manifest)) return JSON.parse(readFileSync(manifest, 'utf8')).type === 'module';
    } catch {
      return false;
    }
    if (dirname(folder) === folder) return false;
  }
}

/** Whether jamdev's preload is the next code to run, without another preload in between. */
function isPreloadNext() {
  const options = process.env.NODE_OPTIONS ?? '';
  const preloads = options.match(/(?:^|\s)(?:-r|--require|--import|--loader|--experimental-loader)\b/g) ?? [];
  return preloads.length === 2 && /[/\\]remap-8080\.cjs"$/.test(options);
}

/**
 * Opens the pipes of a container.
 * @param {string} path
 * @returns {{ input: number, output: number } | undefined} undefined if this process does not go into standby
 */
function openPipes(path) {
  const fs = require('node:fs');
  if (script === undefined && !isOfContainer(fs)) {
    setEnvironment(changeEnvironment({}));
    return undefined;
  }
  const { O_RDONLY, O_WRONLY, O_NONBLOCK } = fs.constants;
  try {
    // Opening must not wait for a jamdev that has ended.
    const output = fs.openSync(`${path}/reports`, O_WRONLY | O_NONBLOCK);
    return { output, input: fs.openSync(`${path}/assignment`, O_RDONLY) };
  } catch (error) {
    // With a package runner, only this process has these variables, so jamdev must have ended.
    if (script !== undefined || /** @type {NodeJS.ErrnoException} */ (error).code === 'ENXIO') process.exit(0);
    setEnvironment(changeEnvironment({}));
    return undefined;
  }
}

/**
 * Whether this process belongs to the container's command. An engine starts the container's command and each `docker exec`
 * in a separate session, which processes keep even after their parents have ended. The session of the container's command
 * is 1. An init may create another session for its program, as dumb-init does. If a process of `docker exec` does the same
 * and its parents have ended, it becomes a child of process 1 as well, but a younger one than the program that process 1
 * has started. It also has other streams than process 1, unless it was given the same ones.
 * @param {typeof import('node:fs')} fs
 */
function isOfContainer(fs) {
  const leader = readStat(fs, 'self')?.session;
  if (leader === '1') return true;
  let [process, ancestor] = [leader, leader];
  while (process !== undefined && process !== '1') {
    ancestor = process;
    process = readStat(fs, process)?.parent;
  }
  if (process !== '1' || !isFirstChild(fs, ancestor)) return false;
  return [1, 2].every((fd) => isSameFile(fs, `/proc/self/fd/${fd}`, `/proc/1/fd/${fd}`));
}

/**
 * Whether a process is the oldest child of process 1. The kernel lists later children after it.
 * @param {typeof import('node:fs')} fs
 * @param {string | undefined} process its pid
 */
function isFirstChild(fs, process) {
  try {
    return fs.readFileSync('/proc/1/task/1/children', 'latin1').split(' ')[0] === process;
  } catch {
    // Not every kernel provides the list.
    return true;
  }
}

/** @param {typeof import('node:fs')} fs @param {string} process its pid */
function readStat(fs, process) {
  try {
    const text = fs.readFileSync(`/proc/${process}/stat`, 'latin1');
    // The fields follow the name in parentheses, which may contain any characters.
    const [, parent, , session] = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return { parent, session };
  } catch (error) {
    // The process is not in this container, or has ended.
    if (process !== 'self') return undefined;
    throw error;
  }
}

/** @param {typeof import('node:fs')} fs @param {string} one @param {string} other */
function isSameFile(fs, one, other) {
  try {
    const [a, b] = [one, other].map((path) => fs.statSync(path));
    return a?.dev === b?.dev && a?.ino === b?.ino;
  } catch {
    return false;
  }
}

/**
 * Waits for a line, and blocks the whole process in the meantime.
 * @param {typeof import('node:fs').readSync} readSync
 * @param {number} fd
 * @returns {string | undefined} undefined if jamdev has ended, or does not need this process
 */
function readLine(readSync, fd) {
  const chunks = [];
  for (;;) {
    const chunk = Buffer.alloc(65_536);
    const length = readSync(fd, chunk, 0, chunk.length, null);
    if (length === 0) return undefined;
    chunks.push(chunk.subarray(0, length));
    if (chunk[length - 1] === 10) return Buffer.concat(chunks).toString('utf8');
  }
}

/**
 * Returns the variables of this process with changes, and without the variables for standby.
 * @param {Record<string, string | null>} changes
 */
function changeEnvironment(changes) {
  const {
    JAMDEV_STANDBY_FOLDER: _,
    JAMDEV_STANDBY_SCRIPT: __,
    JAMDEV_STANDBY_NODE_OPTIONS,
    ...variables
  } = process.env;
  const nodeOptions = script === undefined ? (JAMDEV_STANDBY_NODE_OPTIONS ?? null) : optionsWithoutThis();
  const changed = Object.entries({ ...variables, NODE_OPTIONS: nodeOptions, ...changes });
  return /** @type {Record<string, string>} */ (Object.fromEntries(changed.filter(([, value]) => value !== null)));
}

/** Returns NODE_OPTIONS without this file. Package runners may have added options, as Yarn does for Plug'n'Play. */
function optionsWithoutThis() {
  const own = `--require "${__filename.replace(/["\\]/g, '\\$&')}"`;
  return (process.env.NODE_OPTIONS ?? '').replace(own, '').trim() || null;
}

/**
 * Ends a package runner that is about to start the script with other NODE_OPTIONS (`node-options` in .npmrc), because the
 * app would then run although no session has been requested.
 */
function guardRunner() {
  const { prototype } = /** @type {any} */ (require('node:child_process').ChildProcess);
  const { spawn } = prototype;
  prototype.spawn = function guardedSpawn(/** @type {{ envPairs?: string[] }} */ options) {
    const variables = options.envPairs ?? [];
    const startsWith = (/** @type {string} */ text) => variables.find((each) => each.startsWith(text));
    const isHeld = startsWith('NODE_OPTIONS=')?.includes('stand-by.cjs') === true;
    if (startsWith('JAMDEV_STANDBY_SCRIPT=') === undefined || isHeld) return Reflect.apply(spawn, this, [options]);
    process.stderr.write('the package runner sets NODE_OPTIONS itself\n');
    return process.exit(1);
  };
}

/**
 * Replaces all variables, in the order in which a newly started process would have them.
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
