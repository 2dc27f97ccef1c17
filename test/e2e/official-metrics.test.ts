import { describe, expect, test } from 'vitest';
import { startDev } from '../support/cli.js';
import { fieldsOf, logIn, type OfficialClient, overrideNotice } from '../support/official-client.js';
import { fixture, makeTempFolder } from '../support/project.js';
import { waitFor } from '../support/wait.js';

// The official client, unchanged: `backend metrics`, which overwrites each row with the next.

const NEXT_ROW = '\r\u001b[0K';
/** Holds 100 MiB in two processes. */
const HOLD = `node ${fixture('usage.mjs')} all 100 0`;
const BUSY = `node -e "for (;;);"`;

interface Row {
  cpuPercent: number;
  usedMib: number;
  availableMib: number;
}

const UNIT_MIB: Record<string, number> = { KiB: 1 / 1024, MiB: 1, GiB: 1024, TiB: 1024 ** 2 };

function readRow(row: string): Row {
  const [, cpu, used, usedUnit = '', available, availableUnit = ''] =
    /^([\d.]+)% *\t([\d.]+) (\wiB) *\t([\d.]+) (\wiB) *$/.exec(row) ?? [];
  return {
    cpuPercent: Number(cpu),
    usedMib: Number(used) * (UNIT_MIB[usedUnit] ?? Number.NaN),
    availableMib: Number(available) * (UNIT_MIB[availableUnit] ?? Number.NaN),
  };
}

async function startBackend(command: string): Promise<{ apiUrl: string; client: OfficialClient; id: string }> {
  const { apiUrl } = await startDev(makeTempFolder(), ['--command', command]);
  const client = logIn(apiUrl);
  const { 'backend id': id = '' } = fieldsOf((await client.run('connect', 'default')).stdout);
  return { apiUrl, client, id };
}

describe('Official clients', () => {
  describe('backend metrics', () => {
    test('shows the usage of a backend row by row until it ends', async () => {
      const { apiUrl, client, id } = await startBackend(HOLD);
      const run = client.start('backend', 'metrics', id);
      const rows = () => run.stdout().split(NEXT_ROW).slice(1);
      await waitFor(() => rows().some((row) => readRow(row).usedMib > 100), 'its memory');
      const seen = rows().length;
      await waitFor(() => rows().length >= seen + 2, 'two more rows');
      await client.run('terminate', '-f', id);
      expect(await run.exit).toBe(0);
      expect(run.stderr()).toBe(overrideNotice(apiUrl));
      expect(run.stdout().split(NEXT_ROW)[0]).toBe(`
Note: you can see more detailed metrics for this backend at https://app.localhost/backend/${id}

cpu util\tmem used\tmem avail
`);
      for (const row of rows()) {
        const { cpuPercent, usedMib, availableMib } = readRow(row);
        expect(cpuPercent).toBeGreaterThanOrEqual(0);
        expect(cpuPercent).toBeLessThanOrEqual(100);
        expect(usedMib).toBeGreaterThan(0);
        expect(usedMib).toBeLessThan(500);
        expect(availableMib).toBeGreaterThan(usedMib);
      }
      expect(fieldsOf((await client.run('backend', 'info', id)).stdout)['mem usage']).toMatch(/^\d+(\.\d+)? MB$/);
    });

    test('shows that a backend is busy', async () => {
      const { client, id } = await startBackend(BUSY);
      const run = client.start('backend', 'metrics', id);
      const rows = () => run.stdout().split(NEXT_ROW).slice(1);
      await waitFor(() => rows().some((row) => readRow(row).cpuPercent > 2), 'a busy row');
    });

    test('prints no rows for a terminated backend, and an error for an unknown one', async () => {
      const { client, id } = await startBackend(`node ${fixture('print.mjs')} last-words`);
      await waitFor(
        async () => (await client.run('backend', 'list')).stdout.includes('No running backends'),
        'its end',
      );
      const { code, stdout } = await client.run('backend', 'metrics', id);
      expect(code).toBe(0);
      expect(stdout).toMatch(/cpu util\tmem used\tmem avail\n$/);
      const unknown = await client.run('backend', 'metrics', 'nosuchbackend1');
      expect(unknown.code).toBe(1);
      expect(unknown.stderr).toContain('There is no backend "nosuchbackend1".');
    });
  });
});
