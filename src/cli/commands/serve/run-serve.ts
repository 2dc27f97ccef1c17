import pino, { type Logger } from 'pino';
import { readOwnPackage } from '../../../config/own-package.js';
import { resolveServeConfig, type ServeFlags } from '../../../config/serve-config.js';
import { checkServe } from '../../../serve/check-serve.js';
import { startServe } from '../../../serve/start-serve.js';
import type { CommandIo } from '../../io.js';

/**
 * Runs `jamdev serve` in this process until it is asked to stop.
 * @param check whether to only check every part
 */
export async function runServe(flags: ServeFlags, check: boolean, io: CommandIo): Promise<void> {
  const config = await resolveServeConfig(flags, process.env);
  if (check) {
    const findings = await checkServe(config);
    for (const { what, problem } of findings)
      io.out(problem === undefined ? `ok    ${what}` : `fail  ${what}: ${problem}`);
    if (findings.some(({ problem }) => problem !== undefined)) io.fail();
    return;
  }
  const log = createLog(io);
  const serve = await startServe(config, log);
  log.info({ url: serve.url, version: readOwnPackage().version, cluster: config.cluster }, 'listening');
  await new Promise<void>((resolve) => {
    if (io.signal.aborted) resolve();
    else io.signal.addEventListener('abort', () => resolve());
  });
  log.info('stopping');
  await serve.close();
  log.info('stopped');
}

/** Prints a line of JSON per event. */
function createLog(io: CommandIo): Logger {
  return pino({ base: null, timestamp: pino.stdTimeFunctions.isoTime }, { write: (line) => io.stdout.rawJson(line) });
}
