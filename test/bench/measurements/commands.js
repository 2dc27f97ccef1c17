import { JAMDEV, startJamdev } from '../support/jamdev.js';
import { oldestAndNewestNode } from '../support/node-versions.js';
import { runToEnd } from '../support/processes.js';
import { alternate } from '../support/statistics.js';

const ROUNDS = { warmUp: 2, counted: 21 };
const MANY = 200;
const AT_ONCE = 8;
/** On the oldest and on the newest Node.js. */
const REACH = { list: [1.5, 2], version: [1.2, 1.4], completion: [1.5, 2], manyBackends: 1.3 };

/** What shells ask at a press of Tab behind `jamdev list --`. */
const COMPLETION = ['complete', '--', 'list', '--'];

/**
 * Commands from their start to their end: `jamdev --version`, what completes a command line, and `jamdev list` of a dev server without backends and of one
 * with many.
 * @type {import('../support/row.js').Measurement}
 */
export const commands = {
  name: 'commands',
  async run() {
    const idle = await startJamdev('hello.cjs');
    const rows = [];
    for (const [index, { label, node }] of oldestAndNewestNode().entries()) {
      const bare = async () => (await runToEnd(node, ['-e', '0'])).ms;
      const list = await alternate(ROUNDS, () => time(node, ['list'], idle), bare);
      const version = await alternate(ROUNDS, () => time(node, ['--version'], idle), bare);
      const completion = await alternate(ROUNDS, () => time(node, COMPLETION, idle), bare);
      const same = { against: 'node -e 0', unit: 'ms' };
      const [most, mostOfVersion] = [REACH.list[index] ?? 0, REACH.version[index] ?? 0];
      const mostOfCompletion = REACH.completion[index] ?? 0;
      rows.push({ what: `jamdev list, ${label}`, ...same, ...list, reach: { atMost: most } });
      rows.push({ what: `jamdev --version, ${label}`, ...same, ...version, reach: { atMost: mostOfVersion } });
      rows.push({ what: `Tab in a shell, ${label}`, ...same, ...completion, reach: { atMost: mostOfCompletion } });
    }
    const busy = await startJamdev('hello.cjs');
    await busy.api.connectMany(MANY, AT_ONCE);
    const many = await alternate(
      ROUNDS,
      () => time('node', ['list'], busy),
      () => time('node', ['list'], idle),
    );
    const against = 'with no backend';
    const reach = { atMost: REACH.manyBackends };
    return [...rows, { what: `jamdev list, ${MANY} backends`, against, unit: 'ms', ...many, reach }];
  },
};

/**
 * @param {string} node
 * @param {readonly string[]} args
 * @param {{ project: string, stateHome: string }} server
 * @returns {Promise<number>} milliseconds
 */
async function time(node, args, { project, stateHome }) {
  return (await runToEnd(node, [JAMDEV, ...args], { cwd: project, env: { XDG_STATE_HOME: stateHome } })).ms;
}
