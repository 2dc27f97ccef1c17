// npm run bench [-- NAME...]: measures jamdev against baselines taken in the same run, and prints one table.
import { constants } from 'node:os';
import { connectToReady } from './measurements/connect-to-ready.js';
import { connects } from './measurements/connects.js';
import { devStart } from './measurements/dev-start.js';
import { docker } from './measurements/docker.js';
import { memory } from './measurements/memory.js';
import { plane } from './measurements/plane.js';
import { proxiedGet } from './measurements/proxied-get.js';
import { restart } from './measurements/restart.js';
import { serve } from './measurements/serve.js';
import { terminal } from './measurements/terminal.js';
import { websocketEcho } from './measurements/websocket-echo.js';
import { stopAll, stopForGood } from './support/processes.js';
import { formatTable } from './support/table.js';

const MEASUREMENTS = [
  devStart,
  connectToReady,
  restart,
  proxiedGet,
  websocketEcho,
  connects,
  memory,
  terminal,
  docker,
  plane,
  serve,
];
const EXIT_FAILURE = 1;
const EXIT_USAGE = 2;

let interrupted = false;
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
  process.once(signal, async () => {
    interrupted = true;
    // npm passes on a Ctrl-C that the terminal has sent already: once is enough.
    process.on(signal, () => undefined);
    await stopForGood();
    process.exit(128 + constants.signals[signal]);
  });
}

const names = process.argv.slice(2);
const unknown = names.filter((name) => !MEASUREMENTS.some((each) => each.name === name));
if (unknown.length > 0) {
  console.error(
    `No measurement "${unknown.join('", "')}". There are: ${MEASUREMENTS.map((each) => each.name).join(', ')}.`,
  );
  process.exit(EXIT_USAGE);
}

const rows = [];
let broken = 0;
for (const measurement of MEASUREMENTS) {
  if (names.length > 0 && !names.includes(measurement.name)) continue;
  console.error(`measuring ${measurement.name} ...`);
  try {
    rows.push(...(await measurement.run()));
  } catch (error) {
    // What breaks now was stopped; the signal's handler ends the program.
    if (interrupted) await new Promise(() => undefined);
    broken += 1;
    console.error(`${measurement.name} is broken: ${error instanceof Error ? error.stack : error}`);
  } finally {
    await stopAll();
  }
}
if (rows.length > 0) console.log(formatTable(rows));
process.exit(broken > 0 ? EXIT_FAILURE : 0);
