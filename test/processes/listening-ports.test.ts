import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { listListeningPorts, parseLsof, parseProcNet, SocketTable } from '../../src/processes/listening-ports.js';
import { describePortHolder } from '../../src/processes/port-holder.js';
import { hasProc } from '../../src/processes/process-table.js';

const hasLsof = spawnSync('lsof', ['-v']).error === undefined;

async function listenOn(host: string): Promise<number> {
  const server = createServer();
  server.listen({ port: 0, host });
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return (server.address() as { port: number }).port;
}

function hasIpv6(): boolean {
  return (
    spawnSync(process.execPath, ['-e', "require('net').createServer().listen(0, '::1', () => process.exit(0))"])
      .status === 0
  );
}

describe.each([
  ['proc' as const, hasProc()],
  ['lsof' as const, hasLsof],
])('listening ports from %s', (source, available) => {
  test.skipIf(!available)(`are found with their process, loopback or not (only with ${source})`, async () => {
    const [loopback, everywhere] = [await listenOn('127.0.0.1'), await listenOn('0.0.0.0')];
    for (const pids of [undefined, new Set([process.pid])]) {
      const found = await listListeningPorts(pids, { source });
      expect(found).toContainEqual({ pid: process.pid, port: loopback, loopback: true });
      expect(found).toContainEqual({ pid: process.pid, port: everywhere, loopback: false });
    }
  });

  test.skipIf(!available || !hasIpv6())(`of IPv6 are found (only with ${source} and ::1)`, async () => {
    const [loopback, everywhere] = [await listenOn('::1'), await listenOn('::')];
    const found = await listListeningPorts(new Set([process.pid]), { source });
    expect(found).toContainEqual({ pid: process.pid, port: loopback, loopback: true });
    expect(found).toContainEqual({ pid: process.pid, port: everywhere, loopback: false });
  });

  test.skipIf(!available)(`are only those of the given processes (only with ${source})`, async () => {
    await listenOn('127.0.0.1');
    expect(await listListeningPorts(new Set(), { source })).toEqual([]);
    expect(await listListeningPorts(new Set([2 ** 22 + 5]), { source })).toEqual([]);
    const both = await listListeningPorts(new Set([2 ** 22 + 5, process.pid]), { source });
    expect(both.length).toBeGreaterThan(0);
    expect(new Set(both.map(({ pid }) => pid))).toEqual(new Set([process.pid]));
  });
});

test('reads the output of lsof on macOS', () => {
  const output = [
    'p412',
    'f9',
    'n*:7000',
    'f10',
    'n*:7000',
    'p48213',
    'f23',
    'n127.0.0.1:8080',
    'f24',
    'n[::1]:8080',
    'f25',
    'n[fe80::1]:9090',
    'f26',
    'n192.168.1.7:3000',
    '',
  ].join('\n');
  expect(parseLsof(output)).toEqual([
    { pid: 412, port: 7000, loopback: false },
    { pid: 412, port: 7000, loopback: false },
    { pid: 48_213, port: 8080, loopback: true },
    { pid: 48_213, port: 8080, loopback: true },
    { pid: 48_213, port: 9090, loopback: false },
    { pid: 48_213, port: 3000, loopback: false },
  ]);
});

test.each(['', 'p12\n', 'lsof: WARNING: can’t stat() something\n', 'p12\nf3\nn*:*\n'])(
  '%j of lsof contains no port',
  (output) => {
    expect(parseLsof(output)).toEqual([]);
  },
);

test('keeps only the listening sockets of /proc/net/tcp', () => {
  const text = [
    '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode',
    '   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1001 1 0000 100 0 0 10 0',
    '   1: 00000000:2382 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1002 1 0000 100 0 0 10 0',
    '   2: 0100007F:1F91 0100007F:A000 01 00000000:00000000 00:00000000 00000000     0        0 1003 1 0000 100 0 0 10 0',
    '',
  ].join('\n');
  expect(parseProcNet(text)).toEqual([
    { inode: '1001', port: 8080, loopback: true },
    { inode: '1002', port: 9090, loopback: false },
  ]);
});

test.each([
  ['00000000000000000000000001000000', true],
  ['00000000000000000000000000000000', false],
  ['0000000000000000FFFF00000100007F', true],
  ['0000000000000000FFFF00000A00000A', false],
  ['000080FE00000000000000007F00007F', false],
])('the address %s of /proc/net/tcp6 is loopback: %s', (address, loopback) => {
  const line = `   0: ${address}:0050 00000000000000000000000000000000:0000 0A 0:0 00:0 0 0 0 77 1`;
  expect(parseProcNet(`header\n${line}\n`)).toEqual([{ inode: '77', port: 80, loopback }]);
});

test('treats an unreadable /proc/net file as empty', () => {
  expect(parseProcNet('')).toEqual([]);
});

test.skipIf(!hasProc() && !hasLsof)(
  'reports the holder of a port with pid and command, if the system tells',
  async () => {
    const holder = await describePortHolder(await listenOn('127.0.0.1'));
    expect(holder).toMatch(new RegExp(`^pid ${process.pid} \\(.+\\)$`));
    expect(holder.length).toBeLessThan(130);
  },
);

test('reports no holder for port 0', async () => {
  expect(await describePortHolder(0)).toBe('');
});

test('concurrent callers share one read of the sockets, and later callers read again', async () => {
  const sockets = new SocketTable();
  const first = sockets.read();
  expect(sockets.read()).toBe(first);
  await first;
  expect(sockets.read()).not.toBe(first);
});
