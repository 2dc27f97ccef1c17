import { lstatSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { WriteReports } from '../../src/builds/write-reports.js';
import { makeTempFolder } from '../support/project.js';
import { startReportingProgram } from '../support/reporting-program.js';
import { waitFor } from '../support/wait.js';

/** File systems store times with the precision of the kernel's clock tick. */
const TICK_MS = 20;

async function start() {
  const folder = makeTempFolder();
  const reports = new WriteReports(join(makeTempFolder(), 'writes'));
  const program = await startReportingProgram(folder, reports);
  onTestFinished(() => program.end());
  const runs = async () => (await reports.read()).runs;
  return { folder, program, runs, reports };
}

const SHELL = `'echo written >> file'`;

test.each([
  `child_process.execSync(${SHELL})`,
  `child_process.spawnSync('sh', ['-c', ${SHELL}])`,
  `child_process.execFileSync('sh', ['-c', ${SHELL}])`,
  `try { child_process.execSync(${SHELL} + '; exit 1'); } catch {}`,
  `await util.promisify(child_process.exec)(${SHELL})`,
  `await util.promisify(child_process.execFile)('sh', ['-c', ${SHELL}])`,
  `await new Promise((resolve) => child_process.spawn('sh', ['-c', ${SHELL}]).once('exit', resolve))`,
])('the run time of %s is reported, and no other', async (body) => {
  const { folder, program, runs } = await start();
  const before = Date.now();
  await program.run(body);
  const [run, ...more] = await waitFor(async () => {
    const all = await runs();
    return all.length > 0 && all.every(({ to }) => to !== undefined) ? all : undefined;
  }, 'its end');
  expect(more).toEqual([]);
  const changedAtMs = lstatSync(join(folder, 'file')).ctimeMs;
  expect(run?.from).toBeLessThanOrEqual(changedAtMs + TICK_MS);
  expect(run?.to).toBeGreaterThanOrEqual(changedAtMs - TICK_MS);
  expect(run?.from).toBeGreaterThanOrEqual(before);
  await waitFor(() => Date.now() > (run?.to ?? 0) + 2 * TICK_MS, 'a later moment');
  writeFileSync(join(folder, 'file'), 'by a person');
  expect(lstatSync(join(folder, 'file')).ctimeMs).toBeGreaterThan((run?.to ?? 0) + TICK_MS);
  expect(await runs()).toEqual([run]);
});

test('a running program is reported with its pid, and one that could not start is not reported', async () => {
  const { program, runs } = await start();
  const pid = await program.run(`globalThis.child = child_process.spawn('sleep', ['60']); return child.pid`);
  expect(await runs()).toEqual([{ from: expect.any(Number), to: undefined, pid }]);
  await program.run(
    `await new Promise((resolve) => child_process.spawn('no-such-program').once('error', resolve)); child.kill()`,
  );
  await waitFor(async () => (await runs()).every(({ to }) => to !== undefined), 'its end');
});

test('of an ended process, only programs that it waited for are kept', async () => {
  const { program, runs } = await start();
  await program.run(`child_process.spawn('sleep', ['1'])`);
  await program.run(`child_process.execSync('true')`);
  expect(await runs()).toHaveLength(2);
  await program.end();
  expect(await runs()).toEqual([{ from: expect.any(Number), to: expect.any(Number), pid: undefined }]);
});

test('the newest times of any number of programs are kept in a file of constant size', async () => {
  const { program, runs } = await start();
  await program.run(`
    for (let round = 0; round < 70; round += 1) {
      await new Promise((resolve) => setTimeout(resolve, 12));
      child_process.execSync('true');
    }
  `);
  const all = await runs();
  expect(all.length).toBeGreaterThan(20);
  expect(all.length).toBeLessThanOrEqual(64);
});

// Node.js 20 does not have it.
if (Number(process.versions.node.split('.')[0]) >= 22) {
  test('times of node:sqlite are reported, except those of reads', async () => {
    const { program, runs } = await start();
    const use = (work: string) =>
      program.run(`
      const { DatabaseSync } = require('node:sqlite');
      await new Promise((resolve) => setTimeout(resolve, 30));
      ${work}`);
    // The preload notices that a moment after the program has loaded it.
    const [first] = await waitFor(async () => {
      await use(`
        const database = new DatabaseSync('app.db');
        database.exec('CREATE TABLE IF NOT EXISTS a (b)');
        database.exec('INSERT INTO a VALUES (0)');
        database.close();`);
      const all = await runs();
      return all.length > 0 ? all : undefined;
    }, 'the first report');
    expect(first).toMatchObject({ to: expect.any(Number), pid: undefined });
    await use(`globalThis.database = new DatabaseSync('app.db')`);
    const opened = (await runs()).length;
    await use(`database.prepare(' select * from a').all()`);
    expect(await runs()).toHaveLength(opened);
    await use(`database.prepare('INSERT INTO a VALUES (1)').run()`);
    expect(await runs()).toHaveLength(opened + 1);
  });
}

const WORKER = `
const { parentPort, isMainThread } = worker_threads;
const ask = (env, execArgv) => new Promise((resolve, reject) => {
  const worker = new worker_threads.Worker(
    "const { parentPort } = require('worker_threads'); require('fs').writeFileSync('of-worker', 'x');" +
    "parentPort.postMessage([process.execArgv, Object.keys(process.env).filter((name) => name !== 'NODE_OPTIONS').length])",
    { eval: true, env, execArgv },
  );
  worker.once('error', reject).once('message', resolve);
});
class Sub extends worker_threads.Worker {}
const sub = new Sub('', { eval: true, env: {} });
return [
  await ask({}), await ask({ A: '1' }), await ask({}, ['--no-warnings']), (await ask(undefined))[0],
  (await ask(worker_threads.SHARE_ENV))[0], sub instanceof Sub, sub instanceof worker_threads.Worker,
  worker_threads.Worker.name, (await import('node:worker_threads')).Worker === worker_threads.Worker,
];
`;

test('a Worker with its own environment reports as others do, without noticing', async () => {
  const { folder, program, reports } = await start();
  const seen = await program.run(WORKER);
  const plain = await startReportingProgram(folder, undefined);
  onTestFinished(() => plain.end());
  expect(seen).toEqual(await plain.run(WORKER));
  await program.run(WORKER);
  const { dev, ino, size, ctimeNs } = lstatSync(join(folder, 'of-worker'), { bigint: true });
  expect((await reports.read()).states.has(`${dev}:${ino}:${size}:${ctimeNs}`)).toBe(true);
});
