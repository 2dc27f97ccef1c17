import { setTimeout as pause } from 'node:timers/promises';
import { cpuShare } from '../support/cpu-time.js';
import { openDevInTerminal } from '../support/dev-in-terminal.js';
import { startJamdev } from '../support/jamdev.js';
import { limited } from '../support/row.js';
import { hasTmux } from '../support/tmux.js';

/** The share of a core that an idle dev server may use, by number of backends; percent. */
const LIMITS = [
  { backends: 0, percent: 0.1 },
  { backends: 50, percent: 0.5 },
  { backends: 200, percent: 1 },
];
const AT_ONCE = 8;
/** The work that follows a start is over by then. */
const SETTLE_MS = 15_000;
const MEASURED_MS = 20_000;

/**
 * CPU time of an idle dev server, without a footer and with one.
 * @type {import('../support/row.js').Measurement}
 */
export const idleCpu = {
  name: 'idle-cpu',
  async run() {
    if (process.platform !== 'linux') return leftOut('CPU time can only be measured on Linux');
    const without = await startJamdev('hello.cjs');
    const rows = await measure(without, 'no footer');
    await without.stop();
    if (!hasTmux()) return [...rows, ...leftOut('there is no tmux: with a footer')];
    const terminal = await openDevInTerminal('hello.cjs', []);
    try {
      return [...rows, ...(await measure(terminal, 'footer'))];
    } finally {
      await terminal.close();
    }
  },
};

/** @param {string} why @returns {import('../support/row.js').Row[]} */
function leftOut(why) {
  console.error(`${why}: idle CPU is left out`);
  return [];
}

/**
 * @param {{ pid: number, api: import('../support/jamdev.js').Api }} jamdev
 * @param {string} how
 */
async function measure({ pid, api }, how) {
  const rows = [];
  let running = 0;
  for (const { backends, percent } of LIMITS) {
    await api.connectMany(backends - running, AT_ONCE);
    running = backends;
    await pause(SETTLE_MS);
    rows.push(
      limited(`idle CPU, ${backends} backends, ${how}`, '% of a core', await cpuShare(pid, MEASURED_MS), percent),
    );
  }
  return rows;
}
