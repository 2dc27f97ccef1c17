import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { WRITES_FOLDER_VARIABLE, type WriteReports } from '../../src/builds/write-reports.js';
import { backendsOf } from '../../src/builds/writer.js';
import { withPreload } from '../../src/runtime/process/node-preload.js';

const PRELOAD = fileURLToPath(new URL('../../src/runtime/process/remap-8080.cjs', import.meta.url));

/** Runs the bodies of functions that it receives, and answers with their results. */
const PROGRAM = `
const AsyncFunction = (async () => {}).constructor;
const modules = ['fs', 'fs/promises', 'path', 'util', 'worker_threads', 'child_process'];
process.on('message', async ({ id, body }) => {
  let answer;
  try {
    answer = { result: await new AsyncFunction('require', ...modules.map((name) => name.replace('/', '_')), body)(require, ...modules.map(require)) };
  } catch (error) {
    answer = { error: { name: error.name, code: error.code, message: error.message } };
  }
  process.send({ id, ...answer });
});
`;

/** A Node.js program, run like a backend, that executes code on request. */
export interface ReportingProgram {
  /** Runs the body of an async function, with \`fs\`, \`fs_promises\`, \`path\`, \`util\`, ... as its variables. */
  run(body: string): Promise<unknown>;
  pid: number;
  end(): Promise<void>;
}

/** Starts a program with the preload in a folder, or without it if there are no reports. The caller must end it. */
export async function startReportingProgram(
  folder: string,
  reports: WriteReports | undefined,
  service = 'app',
): Promise<ReportingProgram> {
  const env: NodeJS.ProcessEnv = { ...process.env };
  if (reports !== undefined) {
    env[WRITES_FOLDER_VARIABLE] = reports.folderOf(backendsOf(service));
    env.NODE_OPTIONS = withPreload(env.NODE_OPTIONS, PRELOAD);
  }
  const child = spawn(process.execPath, ['-e', PROGRAM], {
    cwd: folder,
    env,
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  let count = 0;
  const run = async (body: string): Promise<unknown> => {
    count += 1;
    const id = count;
    const answer = new Promise<{ result?: unknown; error?: { message: string } }>((resolve) => {
      const take = (message: { id: number }) => {
        if (message.id !== id) return;
        child.off('message', take);
        resolve(message as { result?: unknown });
      };
      child.on('message', take);
    });
    child.send({ id, body });
    const { result, error } = await answer;
    if (error !== undefined) throw Object.assign(new Error(error.message), error);
    return result;
  };
  const end = async () => {
    child.kill('SIGKILL');
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  };
  return { run, pid: child.pid ?? 0, end };
}
