import { scenarioTable } from '../stage/scenario.js';

/** The limits of idle time and of lifetime. */
export const limits = scenarioTable('limits', {
  'idle, with nobody ever connected': async (stage) => {
    await stage.ended(await stage.spawn('a', { key: 'idle', maxIdleSeconds: 8 }));
  },
  'idle, while it starts': async (stage) => {
    const life = { listenDelayMs: 12_000 };
    await stage.ended(
      await stage.spawn('a', { key: 'idle-start', maxIdleSeconds: 6, env: { BACKEND: JSON.stringify(life) } }),
    );
  },
  lifetime: async (stage) => {
    await stage.ended(await stage.spawn('a', { key: 'lifetime', lifetimeLimitSeconds: 8 }));
  },
});
