import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { requiresPlane } from '../engine/drivers/plane-cluster.js';
import { isInstalled } from './installed.js';
import { waitFor } from './wait.js';

/** Whether Debian's registry is installed for tests. */
export const hasPlainRegistry = requiresPlane || isInstalled('docker-registry');
if (!hasPlainRegistry) console.log('There is no docker-registry: the tests of jamdev deploy are skipped.');

/** Starts a registry without logins on a free loopback port. @returns its host, and a function that ends it */
export async function startPlainRegistry(): Promise<{ host: string; stop: () => Promise<void> }> {
  const data = mkdtempSync(join(tmpdir(), 'jamdev-test-registry-'));
  const config = join(data, 'config.yml');
  const storage = `storage:\n  filesystem:\n    rootdirectory: ${data}\n`;
  writeFileSync(config, `version: 0.1\n${storage}http:\n  addr: 127.0.0.1:0\n`);
  const child = spawn('docker-registry', ['serve', config], { stdio: ['ignore', 'pipe', 'pipe'] });
  let log = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      log += text;
    });
  }
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const stop = async () => {
    child.kill('SIGKILL');
    await ended;
    rmSync(data, { recursive: true, force: true });
  };
  const host = await waitFor(
    () => {
      if (child.exitCode !== null) throw new Error(`docker-registry ended:\n${log}`);
      return /listening on (127\.0\.0\.1:\d+)/.exec(log)?.[1];
    },
    'docker-registry to listen',
    60_000,
  );
  return { host, stop };
}
