import { existsSync } from 'node:fs';
import { readOwnPackage } from '../../../config/own-package.js';
import { handledElsewhere } from '../../../os/debug/debug-log.js';
import { readInotifyState } from '../../../os/inotify.js';
import { LearnedFiles } from '../../../records/learned-files.js';
import { listRunningServers, listServerRecords } from '../../../records/server-records.js';
import { stateFolderOf } from '../../../records/state-folder.js';
import { countWatchedFolders } from '../../../watch/count-folders.js';
import { watchErrors } from '../../../watch/watch-errors.js';
import { checkBuilder } from './builder.js';
import { runCheck } from './checks.js';
import { checkDevServers } from './dev-server.js';
import { askDocker, judgeDocker } from './docker.js';
import { findEmulators, judgeEmulation } from './emulation.js';
import { type Finding, trouble } from './finding.js';
import { checkLeftovers } from './leftovers.js';
import { judgeNode } from './node-version.js';
import { checkPort } from './ports.js';
import { dockerNeed, examineProject } from './project.js';
import { checkLogs, checkStateFolder } from './state.js';
import { describeWarmStarts, readStartedAhead } from './warm-starts.js';
import { describeBackendWrites, describeOutputs, judgeWatching } from './watching.js';

/** The platform of production: images are built for it unless the config says otherwise. */
const DEFAULT_PLATFORM = 'linux/amd64';
/** Timeout for an answer from a program or server. */
const ANSWER_MS = 5_000;
/** Timeout for a whole check, which may query twice. */
const CHECK_MS = 11_000;

/**
 * Runs all checks of a project and this machine concurrently.
 * @param configFile the config file, if one was given
 * @returns the findings, in the order to show them
 * @throws JamdevError if the folder does not exist
 */
export async function examine(folder: string, configFile: string | undefined): Promise<Promise<Finding[]>[]> {
  const project = await examineProject(folder, configFile);
  const { services } = project;
  const need = dockerNeed(services);
  const docker = askDocker(ANSWER_MS, project.remote.address);
  const own = listServerRecords(stateFolderOf(project.folder)).then((records) =>
    records.filter(({ alive }) => alive).map(({ record }) => record),
  );
  const servers = Promise.all([own, listRunningServers()]).then((lists) => lists.flat());
  for (const shared of [docker, servers]) shared.catch(handledElsewhere);
  const port = (what: string, number: number, flag: string, isDefault: boolean) =>
    runCheck(`${what} port`, CHECK_MS, async () =>
      checkPort({ what, port: number, isDefault, host: project.host, flag }, project.folder, await servers),
    );
  const platforms = services.flatMap((service) => (service.runtime === 'docker' ? [service.platform] : []));
  const learned = (kind: 'outputs' | 'backend-writes') => new LearnedFiles(stateFolderOf(project.folder), kind).all;
  const wanted = need === 'not' ? [DEFAULT_PLATFORM] : [...new Set(platforms)].filter((each) => each !== undefined);
  const checks = [
    runCheck('node', CHECK_MS, () =>
      judgeNode(process.versions.node, readOwnPackage().engines.node, process.platform, process.arch),
    ),
    Promise.resolve([project.finding]),
    runCheck('docker', ANSWER_MS + 500, async () => judgeDocker(await docker, need)),
    runCheck('docker builder', CHECK_MS, async () => {
      const { engine } = await docker;
      return engine === undefined || need === 'not' ? [] : [await checkBuilder(engine, services)];
    }),
    runCheck('emulation', CHECK_MS, async () => {
      const { info, engine } = await docker;
      if (info === undefined || engine === undefined || wanted.length === 0) return [];
      const emulators = await findEmulators(engine, ANSWER_MS);
      return wanted.map((platform) => judgeEmulation(platform, info, emulators, need !== 'not'));
    }),
    runCheck('warm starts', ANSWER_MS + 500, async () =>
      // An invalid config has a separate finding.
      project.finding.status === 'ok'
        ? describeWarmStarts(
            services,
            need === 'not' ? undefined : (await docker).engine,
            await readStartedAhead(await own, ANSWER_MS),
          )
        : [],
    ),
    port('API', project.port, '--port', project.defaultPorts.port),
    port('proxy', project.proxyPort, '--proxy-port', project.defaultPorts.proxyPort),
    runCheck('file watching', CHECK_MS, async (signal) => {
      const missing = services.flatMap(({ watch }) => watch).filter((path) => !existsSync(path));
      if (missing.length > 0) {
        return missing.map((path) => trouble('file watching', 'warning', watchErrors.watchedPathMissing(path)));
      }
      const [needed, running] = await Promise.all([countWatchedFolders(services, signal), own]);
      // Watches of the project's own dev server count as free, because the next run uses the same ones.
      return judgeWatching(
        needed,
        readInotifyState((pid) => !running.some((server) => server.pid === pid)),
      );
    }),
    runCheck('build output', CHECK_MS, () => describeOutputs(learned('outputs'))),
    runCheck('backend writes', CHECK_MS, () => describeBackendWrites(learned('backend-writes'))),
    runCheck('state folder', CHECK_MS, () => [checkStateFolder(project.folder), checkLogs(project.folder)]),
    runCheck('leftovers', CHECK_MS, async () => {
      const { engine } = await docker;
      return checkLeftovers(project.folder, engine);
    }),
    runCheck('dev server', CHECK_MS, async () => checkDevServers(await own, ANSWER_MS)),
  ];
  const closed = Promise.all(checks).then(async () => (await docker).engine?.close());
  closed.catch(handledElsewhere);
  return checks;
}
