import { get } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { openDevInTerminal } from '../support/dev-in-terminal.js';
import { alternate } from '../support/statistics.js';
import { hasTmux } from '../support/tmux.js';

const LINES = 100_000;

/**
 * From the request that makes a backend print to its last line on the screen of a real terminal, with the footer and
 * without.
 * @type {import('../support/row.js').Measurement}
 */
export const terminal = {
  name: 'terminal',
  async run() {
    if (!hasTmux()) {
      console.error('there is no tmux: the measurement of the terminal is left out');
      return [];
    }
    const withFooter = await openDev([]);
    const without = await openDev(['--no-interactive']);
    try {
      const medians = await alternate({ warmUp: 1, counted: 7 }, withFooter.print, without.print);
      const what = `${LINES.toLocaleString('en-US')} lines to the screen`;
      return [{ what, against: 'without a footer', unit: 'ms', ...medians, reach: { atMost: 1.1 } }];
    } finally {
      await Promise.all([withFooter.close(), without.close()]);
    }
  },
};

/** @param {readonly string[]} options */
async function openDev(options) {
  const { screen, api, close } = await openDevInTerminal('lines.mjs', options);
  const { url } = await api.connectUntilReady('bench');
  let round = 0;
  return {
    /** @returns {Promise<number>} milliseconds */
    async print() {
      round += 1;
      // A different number each time, so that an earlier end is not mistaken for this one.
      const count = LINES + round;
      const startedAtMs = performance.now();
      await new Promise((resolve, reject) => {
        get(`${url}${count}`, (response) => response.resume().once('end', resolve)).once('error', reject);
      });
      while (!(await screen.screen()).includes(`the end of ${count}\n`)) await pause(2);
      return performance.now() - startedAtMs;
    },
    close,
  };
}
