import { scenarioTable } from '../stage/scenario.js';

/** How backends live and end. */
export const life = scenarioTable('life', {
  'exits 0 at once': async (stage) => {
    await stage.ended(await stage.spawn('a', { key: 'exits-0', env: { BACKEND: JSON.stringify({ exit: 0 }) } }));
  },
  'soft termination': async (stage) => {
    const backend = await stage.spawn('a', { key: 'soft' });
    await stage.waitFor(backend, 'ready');
    await stage.terminate(backend, 'soft');
    await stage.ended(backend);
  },
  killed: async (stage) => {
    const backend = await stage.spawn('a', { key: 'killed' });
    await stage.waitFor(backend, 'ready');
    await stage.kill(backend);
    await stage.ended(backend);
  },
});
