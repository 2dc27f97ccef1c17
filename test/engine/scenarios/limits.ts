import { scenarioTable } from '../stage/scenario.js';

/** Longer than a container takes to start on a busy machine: limits count from the spawn. */
const LIMIT_S = 15;

/** The limits of idle time and of lifetime. */
export const limits = scenarioTable('limits', {
  'idle, with nobody ever connected': async (stage) => {
    await stage.ended(await stage.spawn('a', { key: 'idle', maxIdleSeconds: LIMIT_S }));
  },
  'idle, while it starts': async (stage) => {
    const life = { listen: 'never' };
    await stage.ended(
      await stage.spawn('a', { key: 'idle-start', maxIdleSeconds: LIMIT_S, env: { BACKEND: JSON.stringify(life) } }),
    );
  },
  lifetime: async (stage) => {
    await stage.ended(await stage.spawn('a', { key: 'lifetime', lifetimeLimitSeconds: LIMIT_S }));
  },
});
