import {
  appendFileSync,
  chmodSync,
  existsSync,
  lstatSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ReportedWrites } from '../../src/builds/reported-writes.js';
import { WriteReports } from '../../src/builds/write-reports.js';
import { backendsOf } from '../../src/builds/writer.js';
import { systemClock } from '../../src/os/clock.js';
import { keepFolder, makeProject } from '../support/project.js';
import { type ReportingProgram, startReportingProgram } from '../support/reporting-program.js';
import { waitFor } from '../support/wait.js';

const exec = (body: string) =>
  `new Promise((resolve, reject) => { const done = (error) => error ? reject(error) : resolve(); ${body} })`;

/** Every function of `fs` that changes files: what is run, and the files that it changes. The first ones exist before. */
const OPERATIONS: [body: string, ...files: string[]][] = [
  ['fs.writeFileSync("new", "x")', 'new'],
  ['fs.writeFileSync(Buffer.from("new"), Buffer.from("x"))', 'new'],
  ['fs.writeFileSync("old", "x")', 'old'],
  ['fs.writeFileSync("old", "x", { flag: "a" })', 'old'],
  [`await ${exec('fs.writeFile("new", "x", done)')}`, 'new'],
  [`await ${exec('fs.writeFile("old", "x", "utf8", done)')}`, 'old'],
  ['await util.promisify(fs.writeFile)("new", "x")', 'new'],
  ['await fs_promises.writeFile("new", "x")', 'new'],
  ['await fs.promises.writeFile("old", "x", { flag: "r+" })', 'old'],
  ['await fs_promises.writeFile("new", (async function* () { yield "a"; yield "b"; })())', 'new'],
  ['fs.appendFileSync("old", "x")', 'old'],
  [`await ${exec('fs.appendFile("old", "x", done)')}`, 'old'],
  ['await fs_promises.appendFile("old", "x")', 'old'],
  ['await Promise.all([1, 2, 3, 4, 5].map((each) => fs_promises.appendFile("old", String(each))))', 'old'],
  ['fs.copyFileSync("old", "new")', 'new'],
  [`await ${exec('fs.copyFile("old", "new", done)')}`, 'new'],
  ['await fs_promises.copyFile("old", "new")', 'new'],
  ['fs.cpSync("folder", "copy", { recursive: true })', 'copy/a', 'copy/deep/b'],
  [`await ${exec('fs.cp("folder", "copy", { recursive: true }, done)')}`, 'copy/a', 'copy/deep/b'],
  ['await fs_promises.cp("folder", "copy", { recursive: true })', 'copy/a', 'copy/deep/b'],
  ['fs.renameSync("old", "new")', 'new', 'old'],
  [`await ${exec('fs.rename("old", "new", done)')}`, 'new', 'old'],
  ['await fs_promises.rename("old", "new")', 'new', 'old'],
  ['fs.writeFileSync("temporary", "x"); fs.renameSync("temporary", "old")', 'old'],
  ['fs.unlinkSync("old")', 'old'],
  [`await ${exec('fs.unlink("old", done)')}`, 'old'],
  ['await fs_promises.unlink("old")', 'old'],
  ['fs.rmSync("folder", { recursive: true })', 'folder/a', 'folder/deep/b'],
  [`await ${exec('fs.rm("folder", { recursive: true }, done)')}`, 'folder/a', 'folder/deep/b'],
  ['await fs_promises.rm("folder", { recursive: true })', 'folder/a', 'folder/deep/b'],
  ['fs.unlinkSync("folder/deep/b"); fs.rmdirSync("folder/deep")', 'folder/deep/b'],
  ['fs.truncateSync("old", 1)', 'old'],
  [`await ${exec('fs.truncate("old", done)')}`, 'old'],
  ['await fs_promises.truncate("old", 1)', 'old'],
  ['fs.chmodSync("old", 0o755)', 'old'],
  [`await ${exec('fs.chmod("old", 0o755, done)')}`, 'old'],
  ['await fs_promises.chmod("old", 0o755)', 'old'],
  ['fs.writeFileSync("old", "x"); fs.utimesSync("old", 1, 1)', 'old'],
  ['await fs_promises.writeFile("old", "x"); await fs_promises.utimes("old", 1, 1)', 'old'],
  ['fs.writeFileSync("old", "x"); fs.lutimesSync("old", 1, 1)', 'old'],
  ['fs.writeFileSync("old", "x"); fs.chownSync("old", process.getuid(), process.getgid())', 'old'],
  ['fs.symlinkSync("old", "new")', 'new'],
  [`await ${exec('fs.symlink("old", "new", done)')}`, 'new'],
  ['await fs_promises.symlink("old", "new")', 'new'],
  ['fs.linkSync("old", "new")', 'new'],
  [`await ${exec('fs.link("old", "new", done)')}`, 'new'],
  ['await fs_promises.link("old", "new")', 'new'],
  [
    'const fd = fs.openSync("new", "w"); fs.writeSync(fd, "x"); fs.writevSync(fd, [Buffer.from("y")]); fs.closeSync(fd)',
    'new',
  ],
  ['const fd = fs.openSync("old", "a"); fs.writeSync(fd, "x"); fs.closeSync(fd)', 'old'],
  [
    'const fd = fs.openSync("old", "r+"); fs.ftruncateSync(fd, 1); fs.fchmodSync(fd, 0o755); fs.futimesSync(fd, 1, 1)',
    'old',
  ],
  ['fs.closeSync(fs.openSync("new", fs.constants.O_CREAT | fs.constants.O_WRONLY))', 'new'],
  ['fs.closeSync(fs.openSync("old", fs.constants.O_TRUNC | fs.constants.O_RDWR))', 'old'],
  [`await ${exec('fs.open("new", "w", (_, fd) => fs.write(fd, "x", () => fs.close(fd, done)))')}`, 'new'],
  [
    `await ${exec('fs.open("old", "a", (_, fd) => fs.writev(fd, [Buffer.from("x")], () => fs.close(fd, done)))')}`,
    'old',
  ],
  [`await ${exec('fs.open("old", "r+", (_, fd) => fs.ftruncate(fd, 1, () => fs.fchmod(fd, 0o755, done)))')}`, 'old'],
  [`await ${exec('fs.createWriteStream("new").on("close", done).end("x")')}`, 'new'],
  [
    `await ${exec('const stream = fs.createWriteStream("old", { flags: "a" }); stream.on("close", done); stream.cork(); stream.write("a"); stream.write("b"); stream.end("x")')}`,
    'old',
  ],
  [
    'const handle = await fs_promises.open("new", "w"); await handle.write("x"); await handle.writev([Buffer.from("y")]); await handle.close()',
    'new',
  ],
  ['const handle = await fs_promises.open("old", "a"); await handle.appendFile("x"); await handle.close()', 'old'],
  [
    'const handle = await fs_promises.open("old", "r+"); await handle.writeFile("x"); await handle.truncate(1); await handle.chmod(0o755); await handle.close()',
    'old',
  ],
  [
    `const handle = await fs_promises.open("new", "w"); await ${exec('handle.createWriteStream().on("close", done).end("x")')}`,
    'new',
  ],
  [
    'const handle = await fs_promises.open("old", "w"); await fs_promises.writeFile(handle, "x"); await handle.close()',
    'old',
  ],
  ['const { writeFileSync } = await import("node:fs"); writeFileSync("new", "x")', 'new'],
  [
    'const { default: all, writeFile } = await import("fs/promises"); await writeFile("new", "x"); await all.appendFile("old", "x")',
    'new',
    'old',
  ],
  [
    'const { pathToFileURL } = require("url"); fs.writeFileSync(pathToFileURL("new"), "x"); fs.rmSync(pathToFileURL("old"))',
    'new',
    'old',
  ],
  [
    `await ${exec('new worker_threads.Worker("require(`fs`).writeFileSync(`new`, `x`)", { eval: true }).on("exit", () => done())')}`,
    'new',
  ],
  ['child_process.execFileSync(process.execPath, ["-e", "fs.writeFileSync(`new`, `x`)"])', 'new'],
  [
    'fs.mkdirSync("made/deep", { recursive: true }); process.chdir("made"); fs.writeFileSync("deep/a", "x"); fs.rmSync("../old"); process.chdir("..")',
    'made/deep/a',
    'old',
  ],
  [
    'fs.symlinkSync("folder", "link"); fs.writeFileSync("link/a", "x"); fs.rmSync("link/deep/b")',
    'folder/a',
    'folder/deep/b',
  ],
  // Takes longer than the program may need to notice its end, if the event loop were not blocked in the meantime.
  [
    'fs.writeFileSync("new", Buffer.alloc(20_000_000)); await fs_promises.writeFile("old", Buffer.alloc(20_000_000))',
    'new',
    'old',
  ],
];

interface Bench {
  folder: string;
  path(file: string): string;
  /** Reports changed files as a watcher would. @returns those that a backend wrote */
  check(...files: string[]): Promise<string[]>;
}

const kept = keepFolder();
const reports = new WriteReports(join(kept.path, 'writes'));
const programs: ReportingProgram[] = [];
beforeAll(async () => {
  for (let number = 0; number < 2; number += 1) programs.push(await startReportingProgram(kept.path, reports));
});
afterAll(async () => {
  for (const program of programs) await program.end();
  kept.remove();
});

/** Slowed down, so that writes have a minute instead of a second to end on a busy machine. */
const patientClock = { ...systemClock, monotonicMs: () => systemClock.monotonicMs() / 60 };

/** Makes a project folder that both programs use and whose files the builds know. */
async function start(): Promise<Bench & { program: ReportingProgram; other: ReportingProgram }> {
  const folder = makeProject({ old: 'old content', 'folder/a': 'a', 'folder/deep/b': 'b' });
  const [program, other] = programs as [ReportingProgram, ReportingProgram];
  for (const each of programs) await each.run(`process.chdir(${JSON.stringify(folder)})`);
  const writes = new ReportedWrites(reports, patientClock);
  const path = (file: string) => join(folder, file);
  const check = async (...files: string[]) => {
    const changes = files.map((file) => {
      const isLink = lstatSync(path(file), { throwIfNoEntry: false })?.isSymbolicLink() === true;
      const what = isLink ? ('created' as const) : ('content' as const);
      return { absolute: path(file), what, noticedAtMs: performance.now() };
    });
    const found = await writes.find('app', changes);
    return files.filter((file) => found.has(path(file)));
  };
  expect(await check('old', 'folder/a', 'folder/deep/b')).toEqual([]);
  return { folder, path, check, program, other };
}

describe('a file written by a Node.js backend counts as the backend’s', () => {
  test.each(OPERATIONS)('%s', async (body, ...files) => {
    const { program, check } = await start();
    await program.run(body);
    expect(await check(...files)).toEqual(files);
  });

  test('if its first process and others write to it in turn', async () => {
    const { program, other, check } = await start();
    for (const each of [program, other, program, program, other]) await each.run('fs.appendFileSync("old", "x")');
    expect(await check('old')).toEqual(['old']);
  });

  test('even if the process has ended', async () => {
    const { folder, check } = await start();
    const program = await startReportingProgram(folder, reports);
    await program.run('fs.appendFileSync("old", "x"); fs.writeFileSync("new", "y")');
    await program.end();
    await reports.prune();
    expect(await check('old', 'new')).toEqual(['old', 'new']);
  });

  test('even if the process hears of the end of its writes late, as long as the file sizes prove it', async () => {
    const { program, check } = await start();
    await program.run(`
      const handle = await fs_promises.open("folder/a", "a");
      const writing = [
        fs_promises.writeFile("new", "ä"), fs_promises.appendFile("old", "616263", "hex"), handle.write("x"),
      ];
      const endMs = Date.now() + 300;
      while (Date.now() < endMs);
      await Promise.all(writing);
      await handle.close();
    `);
    expect(await check('new', 'old', 'folder/a')).toEqual(['new', 'old', 'folder/a']);
  });

  test('if the write is still going on, because its end is awaited', async () => {
    const { program, check, path } = await start();
    const writing = program.run('await fs_promises.writeFile("new", Buffer.alloc(30_000_000))');
    await waitFor(() => existsSync(path('new')), 'the file');
    expect(await check('new')).toEqual(['new']);
    await writing;
  });

  test('if the write ends just when the file is checked', async () => {
    const { program, check, path } = await start();
    for (let bytes = 600_000; bytes < 1_000_000; bytes += 10_000) {
      const writing = program.run(`await fs_promises.writeFile("${bytes}", Buffer.alloc(${bytes}))`);
      await waitFor(() => existsSync(path(String(bytes))), 'the file');
      expect(await check(String(bytes))).toEqual([String(bytes)]);
      await writing;
    }
  });
});

function replace(path: string, text = 'by a person'): void {
  writeFileSync(`${path}~`, text);
  renameSync(`${path}~`, path);
}

describe('a person’s save counts as a change', () => {
  const PERSONS: [string, (path: string) => void][] = [
    ['overwritten', (path) => writeFileSync(path, 'by a person')],
    ['appended to', (path) => appendFileSync(path, 'by a person')],
    ['replaced', replace],
    ['made executable', (path) => chmodSync(path, 0o755)],
    ['deleted', (path) => rmSync(path)],
  ];
  test.each(PERSONS)('right after a backend wrote the file: %s', async (_, save) => {
    const { program, check, path } = await start();
    await program.run('fs.writeFileSync("old", "by a backend")');
    save(path('old'));
    expect(await check('old')).toEqual([]);
  });

  test.each(PERSONS)('between two writes of a backend: %s', async (_, save) => {
    const { program, check, path } = await start();
    for (let round = 0; round < 3; round += 1) {
      await program.run(`fs.appendFileSync("old", "x")`);
      expect(await check('old')).toEqual(['old']);
      save(path('old'));
      expect(await check('old')).toEqual([]);
    }
  });

  test.each(PERSONS.slice(0, 3))('right before a backend appended to the file: %s', async (_, save) => {
    const { program, other, check, path } = await start();
    await program.run('fs.appendFileSync("old", "x")');
    save(path('old'));
    await program.run('fs.appendFileSync("old", "y")');
    await other.run('await fs_promises.appendFile("old", "z")');
    expect(await check('old')).toEqual([]);
    await other.run('fs.appendFileSync("old", "!")');
    expect(await check('old')).toEqual(['old']);
  });

  test('of a file that a backend then moved or only touched', async () => {
    const { program, check, path } = await start();
    writeFileSync(path('old'), 'by a person');
    writeFileSync(path('folder/a'), 'by a person');
    await program.run('fs.renameSync("old", "new"); fs.utimesSync("folder/a", 1, 1)');
    expect(await check('new', 'folder/a')).toEqual([]);
  });

  test('of a file that a backend once deleted, whether it is created or deleted', async () => {
    const { program, check, path } = await start();
    await program.run('fs.unlinkSync("old")');
    expect(await check('old')).toEqual(['old']);
    writeFileSync(path('old'), 'old content');
    expect(await check('old')).toEqual([]);
    rmSync(path('old'));
    expect(await check('old')).toEqual([]);
  });

  test('if the backend hears of the end of its write too late to know who wrote last', async () => {
    const { program, check, path } = await start();
    const busy = program.run(`
      const writing = fs_promises.writeFile("new", "from the backend");
      const endMs = Date.now() + 500;
      while (Date.now() < endMs);
      await writing;
    `);
    await waitFor(() => existsSync(path('new')) && readFileSync(path('new'), 'utf8') !== '', 'the write');
    writeFileSync(path('new'), 'by a person');
    await busy;
    expect(await check('new')).toEqual([]);
  });
});

test('in any sequence of writes, no save by a person is attributed to a backend', async () => {
  const BACKENDS = {
    write: (token: string) => `fs.writeFileSync("f", "${token}")`,
    append: (token: string) => `await fs_promises.appendFile("f", "${token}")`,
    stream: (token: string) =>
      `await ${exec(`fs.createWriteStream("f", { flags: "a" }).on("close", done).end("${token}")`)}`,
    replace: (token: string) => `fs.writeFileSync("t", "${token}"); fs.renameSync("t", "f")`,
    touch: () => 'fs.existsSync("f") && fs.utimesSync("f", 1, 1)',
    delete: () => 'fs.rmSync("f", { force: true })',
  };
  const PEOPLE = {
    write: (path: string, token: string) => writeFileSync(path, token),
    append: (path: string, token: string) => appendFileSync(path, token),
    replace,
    delete: (path: string) => rmSync(path, { force: true }),
  };
  const action = fc.oneof(
    fc.record({
      by: fc.constantFrom('first', 'second'),
      how: fc.constantFrom(...(Object.keys(BACKENDS) as (keyof typeof BACKENDS)[])),
    }),
    fc.record({ by: fc.constant('person'), how: fc.constantFrom(...(Object.keys(PEOPLE) as (keyof typeof PEOPLE)[])) }),
    fc.record({ by: fc.constant('look'), how: fc.constant('look') }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(action, { maxLength: 12 }), async (actions) => {
      const { program, other, check, path } = await start();
      const read = () => (existsSync(path('f')) ? readFileSync(path('f'), 'utf8') : undefined);
      let before = read();
      const known = new Set<string>();
      let [number, didPerson, didBackendDelete] = [0, false, false];
      for (const { by, how } of [...actions, { by: 'look', how: 'look' }]) {
        number += 1;
        if (by === 'person') {
          PEOPLE[how as keyof typeof PEOPLE](path('f'), `<P${number}>`);
          didPerson = true;
        } else if (by !== 'look') {
          await (by === 'first' ? program : other).run(BACKENDS[how as keyof typeof BACKENDS](`<B${number}>`));
          didBackendDelete ||= how === 'delete';
        } else if (read() !== before) {
          const now = read();
          const isOwn = (await check('f')).length > 0;
          const saves = now?.match(/<P\d+>/g) ?? [];
          if (saves.some((save) => !known.has(save))) expect(isOwn).toBe(false);
          if (now === undefined && !didBackendDelete) expect(isOwn).toBe(false);
          if (!didPerson) expect(isOwn).toBe(true);
          for (const save of saves) known.add(save);
          [before, didPerson, didBackendDelete] = [now, false, false];
        }
      }
    }),
    { numRuns: 60 },
  );
});

test('reports do not grow with the number of writes', async () => {
  const { program, check } = await start();
  await program.run('for (let n = 0; n < 2_000; n += 1) fs.writeFileSync("old", String(n))');
  await program.run('for (let n = 0; n < 2_500; n += 1) { fs.writeFileSync("f" + n, ""); fs.rmSync("f" + n); }');
  const folder = reports.folderOf(backendsOf('app'));
  const bytes = readdirSync(folder).map((name) => lstatSync(join(folder, name)).size);
  expect(bytes.filter((size) => size > 512 * 1024)).toEqual([]);
  await program.run('fs.writeFileSync("new", "x")');
  expect(await check('old', 'new')).toEqual(['old', 'new']);
});

test('a missing folder of reports yields no reports and disturbs no program', async () => {
  const { folder, path } = await start();
  const gone = new WriteReports(join(kept.path, 'gone'));
  rmSync(gone.folderOf(backendsOf('app')), { recursive: true });
  const program = await startReportingProgram(folder, gone);
  await program.run('fs.writeFileSync("new", "x"); await fs_promises.appendFile("new", "y"); fs.rmSync("old")');
  await program.end();
  expect(readFileSync(path('new'), 'utf8')).toBe('xy');
  expect(
    await new ReportedWrites(gone, systemClock).find('app', [
      { absolute: path('new'), what: 'created', noticedAtMs: 0 },
    ]),
  ).toEqual(new Map());
});
