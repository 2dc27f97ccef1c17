import { once } from 'node:events';
import { createServer } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { PortPool } from '../../src/processes/port-pool.js';

function makePool(): PortPool {
  const pool = new PortPool();
  onTestFinished(() => pool.close());
  return pool;
}

function acquireMany(pool: PortPool, count: number): Promise<number[]> {
  return Promise.all(Array.from({ length: count }, () => pool.acquire()));
}

/** Listens on a port as a backend would, until the test ends. */
async function occupy(port: number, host: string): Promise<void> {
  const server = createServer();
  server.listen({ port, host });
  await once(server, 'listening');
  onTestFinished(() => void server.close());
}

test('50 ports requested at once are different, and each can be listened on', async () => {
  const ports = await acquireMany(makePool(), 50);
  expect(new Set(ports).size).toBe(50);
  for (const port of ports) await occupy(port, '127.0.0.1');
});

test('two pools never give out the same port, even at the same moment', async () => {
  const pools = [makePool(), makePool(), makePool()];
  const ports = (await Promise.all(pools.map((pool) => acquireMany(pool, 40)))).flat();
  expect(new Set(ports).size).toBe(120);
});

test('a pool that has used up its first ports claims more', async () => {
  const ports = await acquireMany(makePool(), 150);
  expect(new Set(ports).size).toBe(150);
});

test('ports are below the ephemeral range of the system', async () => {
  for (const port of await acquireMany(makePool(), 20)) {
    expect(port).toBeGreaterThanOrEqual(20_000);
    expect(port).toBeLessThan(32_768);
  }
});

test('a released port is given out again, but not at once', async () => {
  const pool = makePool();
  const first = await pool.acquire();
  pool.release(first);
  expect(await pool.acquire()).not.toBe(first);
  const seen = new Set<number>();
  for (let i = 0; i < 200; i += 1) {
    const port = await pool.acquire();
    seen.add(port);
    pool.release(port);
  }
  expect(seen).toContain(first);
  expect(seen.size).toBeLessThan(64);
});

test('a port in use is not given out, whichever program uses it on whichever address', async () => {
  const pool = makePool();
  const ports = await acquireMany(pool, 5);
  const [one, two] = ports as [number, number];
  await occupy(one, '127.0.0.1');
  await occupy(two, '0.0.0.0');
  for (const port of [one, two]) pool.release(port);
  for (let i = 0; i < 150; i += 1) {
    const port = await pool.acquire();
    expect(ports).not.toContain(port);
    pool.release(port);
  }
});

test('a closed pool gives out no ports, and can be closed again', async () => {
  const pool = makePool();
  await pool.acquire();
  await pool.close();
  await expect(pool.acquire()).rejects.toMatchObject({ code: 'ShuttingDown' });
  await pool.close();
});

test('a pool that is closed while it claims ports keeps none', async () => {
  const pool = makePool();
  const asked = pool.acquire();
  await pool.close();
  await expect(asked).rejects.toMatchObject({ code: 'ShuttingDown' });
});
