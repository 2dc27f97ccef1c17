// npm run bench [-- [--node MAJOR|newest] [--markdown] NAME...]: measures jamdev against baselines taken in the same run, and
// prints one table.
import { constants } from 'node:os';
import { delimiter, dirname } from 'node:path';
import { parseArgs } from 'node:util';
import { newestMajor, provideNode } from '../support/node-versions.mjs';
import { commands } from './measurements/commands.js';
import { connectToReady } from './measurements/connect-to-ready.js';
import { connects } from './measurements/connects.js';
import { devStart } from './measurements/dev-start.js';
import { docker } from './measurements/docker.js';
import { idleCpu } from './measurements/idle-cpu.js';
import { latency } from './measurements/latency.js';
import { many } from './measurements/many.js';
import { memory } from './measurements/memory.js';
import { plane } from './measurements/plane.js';
import { proxiedGet } from './measurements/proxied-get.js';
import { restart } from './measurements/restart.js';
import { serve } from './measurements/serve.js';
import { terminal } from './measurements/terminal.js';
import { warmPool } from './measurements/warm-pool.js';
import { warmPoolDocker } from './measurements/warm-pool-docker.js';
import { websocketEcho } from './measurements/websocket-echo.js';
import { wrangler } from './measurements/wrangler.js';
import { describeLoad, describeMachine } from './support/machine.js';
import { stopAll, stopForGood } from './support/processes.js';
import { formatMarkdown, formatTable } from './support/table.js';

const MEASUREMENTS = [
  devStart,
  commands,
  connectToReady,
  warmPool,
  restart,
  proxiedGet,
  websocketEcho,
  connects,
  latency,
  idleCpu,
  memory,
  terminal,
  many,
  docker,
  warmPoolDocker,
  plane,
  serve,
  wrangler,
];
const EXIT_FAILURE = 1;
const EXIT_USAGE = 2;

/** @type {import('./support/row.js').Row[]} */
const rows = [];
let interrupted = false;
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
  process.once(signal, async () => {
    interrupted = true;
    // npm passes on a Ctrl-C that the terminal has already sent, so only the first one counts.
    process.on(signal, () => undefined);
    await stopForGood();
    printRows();
    process.exit(128 + constants.signals[signal]);
  });
}

const { values: options, positionals: names } = readArguments();
if (options.node !== undefined) {
  const node = provideNode(options.node === 'newest' ? newestMajor() : options.node);
  process.env.PATH = `${dirname(node)}${delimiter}${process.env.PATH}`;
}
const startedAt = new Date();
const loadAtStart = describeLoad();
let broken = 0;
for (const measurement of MEASUREMENTS) {
  if (names.length > 0 && !names.includes(measurement.name)) continue;
  console.error(`measuring ${measurement.name} ...`);
  try {
    rows.push(...(await measurement.run()));
  } catch (error) {
    // Errors from now on come from the stop; the signal's handler ends the program.
    if (interrupted) await new Promise(() => undefined);
    broken += 1;
    console.error(`${measurement.name} is broken: ${error instanceof Error ? error.stack : error}`);
  } finally {
    await stopAll();
  }
}
printRows();
process.exit(broken > 0 ? EXIT_FAILURE : 0);

function readArguments() {
  try {
    const read = parseArgs({
      options: { node: { type: 'string' }, markdown: { type: 'boolean', default: false } },
      allowPositionals: true,
    });
    const unknown = read.positionals.filter((name) => !MEASUREMENTS.some((each) => each.name === name));
    if (unknown.length > 0) throw new Error(`No measurement "${unknown.join('", "')}".`);
    return read;
  } catch (error) {
    const there = MEASUREMENTS.map((each) => each.name).join(', ');
    console.error(`${error instanceof Error ? error.message : error}`);
    console.error(`Usage: npm run bench [-- [--node MAJOR|newest] [--markdown] NAME...]. There are: ${there}.`);
    return process.exit(EXIT_USAGE);
  }
}

/** Prints what has been measured so far. */
function printRows() {
  if (rows.length > 0) console.log(options.markdown ? describeRun() : formatTable(rows));
}

/** For docs/performance.md: the machine, the command and the table. */
function describeRun() {
  const command = ['npm run bench', ...(process.argv.length > 2 ? ['--', ...process.argv.slice(2)] : [])].join(' ');
  const when = startedAt.toISOString().slice(0, 10);
  const load = `load ${loadAtStart} at the start and ${describeLoad()} at the end`;
  return `Printed on ${when} by \`${command}\` on ${describeMachine()}; ${load}.\n\n${formatMarkdown(rows)}`;
}
