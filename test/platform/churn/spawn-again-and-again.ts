// Spawns and ends backends one after another, and prints the used memory after each part; run with --expose-gc.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { LogStore } from '../../../src/logs/log-store.js';
import { systemClock } from '../../../src/os/clock.js';
import { Platform } from '../../../src/platform/platform.js';
import type { Exit, ProcessBuild, Runtime } from '../../../src/runtime/runtime.js';

const PART = 500;
const [folder = '', parts = '6'] = process.argv.slice(2);

const server = createServer((_request, response) => response.end()).listen(0, '127.0.0.1');
await once(server, 'listening');
const { port } = server.address() as AddressInfo;

/** Backends without processes: each uses the same server, and ends when it is told to. */
const runtime: Runtime = {
  async spawn(request) {
    let end: (exit: Exit) => void = () => undefined;
    const exited = new Promise<Exit>((resolve) => {
      end = resolve;
    });
    request.onOutput('stdout', Buffer.from('listening\n'.repeat(30)));
    return {
      addresses: [{ host: '127.0.0.1', port }],
      ended: false,
      stopped: exited,
      exited,
      terminate: () => end({ code: 0, signal: null }),
      explainNotReady: async () => undefined,
      usage: async () => undefined,
    };
  },
  killAll: () => undefined,
  cleared: async () => undefined,
  close: async () => undefined,
};
const build: ProcessBuild = { kind: 'process', number: 1, command: 'true', cwd: folder, env: {}, remap8080: false };
const logs = new LogStore(folder);
logs.prune(new Set());
const platform = new Platform(['default'], {
  runtime,
  builds: {
    current: async () => build,
    untilUsable: async () => undefined,
    overwrites: () => 0,
    assertUsable: () => undefined,
  },
  images: {
    find: async () => build,
    list: async () => [],
  },
  clock: systemClock,
  logs,
  runId: 'churn',
});

for (let part = 0; part < Number(parts); part += 1) {
  for (let count = 0; count < PART; count += 1) {
    const env = { LARGE: 'x'.repeat(50_000) };
    const auth = { id: `${part} ${count}` };
    const { backend } = await platform.connect('-', { key: `key ${count}`, spawn: true, env, user: 'ann', auth });
    if (backend.state.status !== 'ready') {
      await new Promise<void>((resolve) => {
        backend.events.on('state', ({ status }) => status === 'ready' && resolve());
      });
    }
    backend.terminate('external', true);
    await backend.gone;
  }
  for (let round = 0; round < 4; round += 1) {
    globalThis.gc?.();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  console.log(JSON.stringify({ spawns: (part + 1) * PART, heapUsed: process.memoryUsage().heapUsed }));
}
// By now, unreferenced objects would have been collected.
console.log(JSON.stringify({ remembered: platform.backends.length, logs: logs.created.length }));
server.close();
