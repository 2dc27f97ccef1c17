import { join } from 'node:path';
import { expect, test } from 'vitest';
import { WriteReports } from '../../src/builds/write-reports.js';
import { makeTempFolder } from '../support/project.js';
import { startReportingProgram } from '../support/reporting-program.js';

/** Runs the same code in a program with the preload and in one without. */
async function compare(body: string): Promise<[unknown, unknown]> {
  const reports = new WriteReports(join(makeTempFolder(), 'writes'));
  const results: unknown[] = [];
  for (const each of [reports, undefined]) {
    const program = await startReportingProgram(makeTempFolder(), each);
    results.push(await program.run(body).finally(() => program.end()));
  }
  return results as [unknown, unknown];
}

test('all functions of fs keep their names, lengths, properties and kinds', async () => {
  const [withReports, without] = await compare(`
    const describe = (object) => Reflect.ownKeys(object).map((key) => {
      const { value, ...rest } = Object.getOwnPropertyDescriptor(object, key);
      if (typeof value !== 'function') return [String(key)];
      const own = Reflect.ownKeys(value).map((each) => {
        const { value: kept, ...flags } = Object.getOwnPropertyDescriptor(value, each);
        return [String(each), typeof kept === 'object' || typeof kept === 'function' ? typeof kept : kept, flags];
      });
      return [String(key), rest, own, util.types.isAsyncFunction(value)];
    });
    const handle = await fs_promises.open('file', 'w');
    const prototype = describe(Object.getPrototypeOf(handle));
    await handle.close();
    return { fs: describe(fs), promises: describe(fs_promises), prototype, keys: Object.keys(fs) };
  `);
  // Methods of handles become async functions, which is not visible elsewhere: they return promises as before.
  const tidy = (value: unknown) => JSON.parse(JSON.stringify(value).replaceAll(',true]', ',false]'));
  expect(tidy(withReports)).toEqual(tidy(without));
});

test('ES modules get the same functions as CommonJS', async () => {
  const [withReports] = await compare(`
    const module = await import('node:fs');
    const promises = await import('node:fs/promises');
    const isSame = (names, object) => Object.keys(object).filter((name) => names[name] !== object[name]);
    return [isSame(module, fs), isSame(promises, fs_promises), module.default === fs, fs.promises === fs_promises];
  `);
  expect(withReports).toEqual([[], [], true, true]);
});

test.each([
  [
    'results',
    `
    const fd = fs.openSync('a', 'w+');
    const callback = (run) => new Promise((resolve) => run((...results) => resolve(results)));
    return [
      fs.writeFileSync('b', 'x'), fs.writeSync(fd, 'xyz'), fs.writevSync(fd, [Buffer.from('a')]), fs.rmSync('b'),
      await callback((done) => fs.write(fd, 'abc', done)), await callback((done) => fs.writeFile('c', 'x', done)),
      await util.promisify(fs.write)(fd, Buffer.from('x')), await util.promisify(fs.writev)(fd, [Buffer.from('xy')]),
      await fs_promises.writeFile('d', 'x'), await fs_promises.mkdir('e'), await util.promisify(fs.exists)('d'),
      fs.readFileSync('a', 'utf8'), await callback((done) => fs.close(fd, done)), typeof fs.createWriteStream('f').write,
    ];`,
  ],
  [
    'errors',
    `
    const errors = [];
    for (const name of ['writeFile', 'unlink', 'open']) { try { fs[name]('x', 'y'); } catch (error) { errors.push(error.message); } }
    const note = ({ name, code, errno, syscall, path, dest, message }) => errors.push({ name, code, errno, syscall, path, dest, message });
    const attempt = (run) => { try { run(); } catch (error) { note(error); } };
    const bad = [['missing/a', 'x'], [Symbol('x'), 'x'], ['a\\0', 'x'], [undefined, 'x'], [{}, {}], ['.', 'x']];
    for (const name of ['writeFile', 'appendFile', 'copyFile', 'cp', 'rename', 'link', 'symlink', 'truncate', 'unlink', 'rm', 'open', 'write', 'ftruncate']) {
      for (const args of bad) {
        attempt(() => fs[name + 'Sync'](...args));
        await new Promise((resolve) => { try { fs[name](...args, (error) => { if (error) note(error); resolve(); }); } catch (error) { note(error); resolve(); } });
        await Promise.resolve(fs_promises[name]?.(...args)).then((handle) => handle?.close?.(), note);
      }
      attempt(() => fs.rmSync('x', { force: true }));
    }
    return errors;`,
  ],
  [
    'errors thrown by a callback, and the context that it sees,',
    `
    const { AsyncLocalStorage } = require('async_hooks');
    const storage = new AsyncLocalStorage();
    const seen = await new Promise((resolve) => {
      process.once('uncaughtException', (error) => resolve([error.message]));
      storage.run('context', () => fs.writeFile('a', 'x', () => { throw new Error('of the app ' + storage.getStore()); }));
    });
    return seen;`,
  ],
  [
    'a program that closes foreign descriptors',
    `
    const before = fs.openSync('a', 'w');
    for (let fd = before + 1; fd < before + 20; fd += 1) { try { fs.closeSync(fd); } catch {} }
    const mine = [1, 2, 3].map((number) => fs.openSync('b' + number, 'w'));
    fs.writeFileSync('c', 'x');
    for (const fd of mine) fs.writeSync(fd, 'mine');
    return [1, 2, 3].map((number) => fs.readFileSync('b' + number, 'utf8'));`,
  ],
])('%s behave as without the preload', async (_, body) => {
  const [withReports, without] = await compare(body);
  expect(withReports).toEqual(without);
  expect(without).not.toEqual([]);
});
