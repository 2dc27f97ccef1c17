import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { cliErrors } from '../../src/cli/cli-errors.js';
import { clientErrors } from '../../src/cli/client/client-errors.js';
import { neverReady } from '../../src/cli/commands/connect/never-ready.js';
import { deployCliErrors } from '../../src/cli/commands/deploy/deploy-cli-errors.js';
import { doctorErrors } from '../../src/cli/commands/doctor/doctor-errors.js';
import { execErrors } from '../../src/cli/commands/exec/exec-errors.js';
import { initErrors } from '../../src/cli/commands/init/init-errors.js';
import { configErrors } from '../../src/config/config-errors.js';
import { accessErrors } from '../../src/contract/errors/access-errors.js';
import { accountErrors } from '../../src/contract/errors/account-errors.js';
import { backendErrors } from '../../src/contract/errors/backend-errors.js';
import { callerErrors } from '../../src/contract/errors/caller-errors.js';
import { clusterErrors } from '../../src/contract/errors/cluster-errors.js';
import { connectErrors } from '../../src/contract/errors/connect-errors.js';
import { deployErrors } from '../../src/contract/errors/deploy-errors.js';
import { errorBody } from '../../src/contract/errors/error-body.js';
import { type ErrorCode, HTTP_STATUS_OF } from '../../src/contract/errors/error-codes.js';
import { JamdevError } from '../../src/contract/errors/jamdev-error.js';
import { registryErrors } from '../../src/contract/errors/registry-errors.js';
import { requestErrors } from '../../src/contract/errors/request-errors.js';
import { serviceErrors } from '../../src/contract/errors/service-errors.js';
import { tokenErrors } from '../../src/contract/errors/token-errors.js';
import { usageError } from '../../src/contract/errors/usage-error.js';
import { devServerErrors } from '../../src/dev-server/dev-server-errors.js';
import { eventErrors } from '../../src/dev-server/event-errors.js';
import { dockerErrors } from '../../src/docker-engine/docker-errors.js';
import { imageErrors } from '../../src/images/image-errors.js';
import { pathErrors } from '../../src/os/path-errors.js';
import { portErrors } from '../../src/ports/port-errors.js';
import { processErrors } from '../../src/processes/process-errors.js';
import { stateErrors } from '../../src/records/state-errors.js';
import { setupErrors } from '../../src/registry/setup-errors.js';
import { serveErrors } from '../../src/serve/serve-errors.js';
import { storeErrors } from '../../src/store/store-errors.js';
import { watchErrors } from '../../src/watch/watch-errors.js';
import { ROOT } from '../support/project.js';

test('an error answer has the message, status, code and id of the platform’s wire format, in that order', () => {
  const body = errorBody(backendErrors.backendNotFound('abc'), 'id-1');
  expect(JSON.stringify(body)).toBe(
    '{"error":{"message":"There is no backend \\"abc\\". To list the backends: npx jamdev list","status":404,"code":"BackendNotFound","id":"id-1"}}',
  );
});

test('without a remedy the sentence is only the message', () => {
  expect(new JamdevError('Internal', 'It broke.').sentence).toBe('It broke.');
  expect(new JamdevError('Internal', 'It broke.', 'Fix it.').sentence).toBe('It broke. Fix it.');
});

test.each<[ErrorCode, number]>([
  ['InvalidKey', 400],
  ['KeyRequired', 400],
  ['ReservedEnv', 400],
  ['KeyUnheldNoSpawnConfig', 409],
  ['BackendNotRunning', 409],
  ['BackendNotFound', 404],
  ['TokenMissing', 400],
  ['TokenUnknown', 410],
  ['BackendEnded', 410],
  ['BackendUnreachable', 502],
])('%s is answered with %d', (code, status) => {
  expect(new JamdevError(code, '').status).toBe(status);
});

test('every code has an error status', () => {
  for (const [code, status] of Object.entries(HTTP_STATUS_OF)) {
    expect(status, code).toBeGreaterThanOrEqual(400);
    expect(status, code).toBeLessThan(600);
  }
});

/** Every function that creates an error, in all files. */
const GROUPS = {
  cliErrors,
  clientErrors,
  doctorErrors,
  execErrors,
  initErrors,
  eventErrors,
  configErrors,
  backendErrors,
  callerErrors,
  connectErrors,
  requestErrors,
  serviceErrors,
  tokenErrors,
  devServerErrors,
  portErrors,
  pathErrors,
  processErrors,
  stateErrors,
  dockerErrors,
  watchErrors,
  storeErrors,
  accountErrors,
  accessErrors,
  clusterErrors,
  registryErrors,
  setupErrors,
  serveErrors,
  deployErrors,
  deployCliErrors,
  imageErrors,
};
const MAKERS = {
  ...cliErrors,
  ...clientErrors,
  ...doctorErrors,
  ...execErrors,
  ...initErrors,
  ...eventErrors,
  ...configErrors,
  ...backendErrors,
  ...callerErrors,
  ...connectErrors,
  ...requestErrors,
  ...serviceErrors,
  ...tokenErrors,
  ...devServerErrors,
  ...portErrors,
  ...pathErrors,
  ...processErrors,
  ...stateErrors,
  ...dockerErrors,
  ...watchErrors,
  ...storeErrors,
  ...accountErrors,
  ...accessErrors,
  ...clusterErrors,
  ...registryErrors,
  ...setupErrors,
  ...serveErrors,
  ...deployErrors,
  ...deployCliErrors,
  ...imageErrors,
  neverReady,
  usage: usageError,
};

/** One call of every function, with values that the test can find in the sentence. */
const SAMPLES: { [Name in keyof typeof MAKERS]: [error: JamdevError, mentions: string[]] } = {
  apiTokenMissing: [accessErrors.apiTokenMissing(), ['Authorization: Bearer']],
  apiTokenWrong: [accessErrors.apiTokenWrong(), ['revoked']],
  loginNeedsToken: [accessErrors.loginNeedsToken(), ['jamsocket login --token TOKEN']],
  tooManyAttempts: [accessErrors.tooManyAttempts(4711), ['4711 s']],
  otherAccount: [accessErrors.otherAccount('globex', 'acme'), ['"globex"', '"acme"']],
  notAnOperator: [accessErrors.notAnOperator('globex'), ['"globex"', '"serve.operators"']],
  scopeMissing: [accessErrors.scopeMissing('deploy'), ['"deploy"', '--scopes deploy']],
  controllerUnavailable: [clusterErrors.controllerUnavailable('DETAIL'), ['DETAIL']],
  controllerHelpless: [clusterErrors.controllerHelpless('DETAIL'), ['DETAIL']],
  controllerFailed: [clusterErrors.controllerFailed('DETAIL'), ['DETAIL']],
  noDroneAvailable: [clusterErrors.noDroneAvailable('example.com', 'POOL'), ['"example.com"', '"POOL"']],
  droneNotFound: [clusterErrors.droneNotFound('dr-1', 'example.com'), ['"dr-1"', '"example.com"', 'jamdev drones']],
  keyHeldInOtherEnvironment: [
    clusterErrors.keyHeldInOtherEnvironment('KEY', 'SERVICE', 'staging', 'default'),
    ['"KEY"', '"SERVICE"', '"staging"', '"default"'],
  ],
  keyStillEnding: [clusterErrors.keyStillEnding('KEY', 'SERVICE', 45), ['"KEY"', '"SERVICE"', '45 s']],
  holderMayRun: [clusterErrors.holderMayRun('ID', 'DRONE'), ['(ID)', '"DRONE"', 'FENCING']],
  holderUnreachable: [clusterErrors.holderUnreachable('KEY', 'SERVICE', 'DRONE'), ['"KEY"', '"SERVICE"', '"DRONE"']],
  spawnTooLarge: [clusterErrors.spawnTooLarge(7000, 6144), ['7000', '6144']],
  notAReference: [clusterErrors.notAReference('a b'), ['"a b"']],
  tagUnknown: [clusterErrors.tagUnknown('SERVICE', 'TAG'), ['"SERVICE"', '"TAG"']],
  serviceWithoutImage: [clusterErrors.serviceWithoutImage('SERVICE', 'staging'), ['"SERVICE"', '"staging"']],
  droneWithoutEndpoint: [clusterErrors.droneWithoutEndpoint('abc', 'DRONE'), ['"abc"', '"DRONE"', 'serve.drones']],
  engineUnavailable: [clusterErrors.engineUnavailable('DRONE', 'DETAIL.'), ['"DRONE"', 'DETAIL.']],
  containerGone: [clusterErrors.containerGone('abc'), ['"abc"']],
  backendLimit: [clusterErrors.backendLimit('acme', 4711), ['"acme"', '4711', 'serve.limits.maxBackends']],
  connectLimit: [clusterErrors.connectLimit('acme', 4711), ['"acme"', '4711', 'serve.limits.connectsPerSecond']],
  registryUnavailable: [registryErrors.registryUnavailable('HOST', 'DETAIL'), ['HOST', 'DETAIL']],
  imageUnresolvable: [registryErrors.imageUnresolvable('app:1', 'DETAIL'), ['"app:1"', 'DETAIL']],
  imageOfOtherAccount: [registryErrors.imageOfOtherAccount('h/b/app', 'acme'), ['"h/b/app"', '"acme"']],
  imageNotPushed: [registryErrors.imageNotPushed('SERVICE', 'v3', ['v1', 'v2']), ['"SERVICE"', '"v3"', 'v1, v2']],
  registryMissing: [registryErrors.registryMissing(), ['serve.registry']],
  noRegistryToPushTo: [registryErrors.noRegistryToPushTo(), ['serve.registry', 'use-image']],
  scopeNotAllowed: [
    registryErrors.scopeNotAllowed('repository b/doc', 'push', 'acme'),
    ['repository b/doc', 'push', '"acme"'],
  ],
  pullOnly: [registryErrors.pullOnly('acme/doc'), ['"acme/doc"']],
  credentialMissing: [registryErrors.credentialMissing(), ['jamdev token create ACCOUNT']],
  notificationRefused: [registryErrors.notificationRefused(), ['jamdev serve --init']],
  signingKeyUnusable: [setupErrors.signingKeyUnusable('DETAIL'), ['DETAIL', 'signing-key.pem']],
  registryFilesInTheWay: [setupErrors.registryFilesInTheWay('FOLDER', ['a', 'b']), ['"FOLDER"', 'a, b']],
  registryFolderUnusable: [setupErrors.registryFolderUnusable('FOLDER', 'EACCES'), ['"FOLDER"', 'EACCES']],
  registryKeyMissing: [configErrors.registryKeyMissing(), ['"serve.registryKeyFile"', '--init']],
  registryUrlMissing: [configErrors.registryUrlMissing(), ['"serve.registry"', 'JAMDEV_SERVE_REGISTRY']],
  registryNeedsPort: [configErrors.registryNeedsPort(), ['"serve.publicUrl"']],
  tokenNeeded: [serveErrors.tokenNeeded('0.0.0.0'), ['0.0.0.0', 'jamdev token create']],
  certificateUnusable: [serveErrors.certificateUnusable('DETAIL'), ['DETAIL', 'serve.tls']],
  imageMissing: [serveErrors.imageMissing('SERVICE'), ['"SERVICE"', 'services.NAME.image']],
  serveInvalid: [
    configErrors.serveInvalid('pool', 'VARIABLE', 'must be DETAIL'),
    ['"serve.pool"', 'VARIABLE', 'DETAIL'],
  ],
  serveMissing: [configErrors.serveMissing('cluster', 'VARIABLE'), ['"serve.cluster"', 'VARIABLE', '--cluster']],
  variableNotJson: [configErrors.variableNotJson('VARIABLE', 'DETAIL'), ['VARIABLE', 'DETAIL']],
  invalidJson: [requestErrors.invalidJson('DETAIL'), ['DETAIL']],
  bodyNotObject: [requestErrors.bodyNotObject('a list'), ['a list']],
  invalidField: [requestErrors.invalidField('a.b', 'must be DETAIL'), ['"a.b"', 'DETAIL']],
  bodyTooLarge: [requestErrors.bodyTooLarge(4711), ['4711']],
  bodyUnreadable: [requestErrors.bodyUnreadable('DETAIL'), ['DETAIL']],
  emptyKey: [connectErrors.emptyKey(), ['1 to 128']],
  longKey: [connectErrors.longKey(129), ['129', '128']],
  keyNotString: [connectErrors.keyNotString('a number'), ['a number']],
  keyNotText: [connectErrors.keyNotText(), ['NUL']],
  largeSpawn: [connectErrors.largeSpawn(7000, 6144), ['7000', '6144']],
  identityTooLarge: [connectErrors.identityTooLarge(11, 8888, 8192), ['11 bytes', '8888', '8192']],
  keyRequired: [connectErrors.keyRequired(), ['"spawn": false']],
  reservedEnv: [connectErrors.reservedEnv('PORT'), ['"PORT"']],
  keyUnheld: [connectErrors.keyUnheld('KEY', 'SERVICE'), ['"KEY"', '"SERVICE"']],
  hostNotAllowed: [callerErrors.hostNotAllowed('evil.example'), ['"evil.example"', 'allowedHosts']],
  originNotAllowed: [callerErrors.originNotAllowed('https://evil.example'), ['"https://evil.example"']],
  backendNotReady: [backendErrors.backendNotReady('abc', 'REASON.'), ['"abc"', 'REASON.']],
  backendReplaced: [backendErrors.backendReplaced('abc', 4711), ['"abc"', '4711']],
  siteNotAllowed: [callerErrors.siteNotAllowed(), ['Sec-Fetch-Site']],
  backendPageNotAllowed: [callerErrors.backendPageNotAllowed('http://localhost:9090'), ['"http://localhost:9090"']],
  growsAfterBuilds: [eventErrors.growsAfterBuilds('web.txt'), ['web.txt', '"ignore": ["/web.txt"]']],
  writtenByItself: [eventErrors.writtenByItself('dist/stamp', 'build'), ['dist/stamp', 'build', '"ignore"']],
  fileUnfinished: [
    eventErrors.fileUnfinished({ path: 'out.log', pid: 7, program: 'tee' }),
    ['tee', '7', '"out.log"', '"ignore": ["/out.log"]'],
  ],
  writtenByBackend: [eventErrors.writtenByBackend('/data.db'), ['"data.db"', '"ignore": ["/data.db"]']],
  importNotWatched: [
    eventErrors.importNotWatched('doc', { file: '/repo/shared/util.js', isProgram: false }, ['.', '../shared']),
    ['"doc"', 'imports "/repo/shared/util.js"', '"watch": [".", "../shared"]'],
  ],
  needsRestart: [eventErrors.needsRestart('jamdev.config.json', ['"port"']), ['jamdev.config.json', '"port"', 'again']],
  configNotUsed: [eventErrors.configNotUsed('It is empty.'), ['It is empty.', 'previous config']],
  pageCalledApi: [eventErrors.pageCalledApi('http://localhost:3000'), ['"http://localhost:3000"', 'secret']],
  routeNotFound: [requestErrors.routeNotFound('GET', '/nope'), ['GET "/nope"']],
  methodNotAllowed: [
    requestErrors.methodNotAllowed('PUT', '/auth', ['GET', 'HEAD']),
    ['PUT', '"/auth"', 'GET or HEAD'],
  ],
  backendNotFound: [backendErrors.backendNotFound('abc'), ['"abc"', 'jamdev list']],
  backendNotRunning: [backendErrors.backendNotRunning('abc'), ['"abc"']],
  serviceNotFound: [serviceErrors.serviceNotFound('nope', ['one', 'two']), ['"nope"', 'one, two']],
  serviceNameUnusable: [serviceErrors.serviceNameUnusable('A B'), ['"A B"', 'digits']],
  serviceExists: [serviceErrors.serviceExists('doc'), ['"doc"']],
  serviceConfigured: [serviceErrors.serviceConfigured('doc'), ['"doc"', 'config file']],
  serviceInUse: [serviceErrors.serviceInUse('doc', 2), ['"doc"', '2 running backends']],
  imageNotFound: [
    serviceErrors.imageNotFound('doc', 'v9', ['latest', 'v1'], true),
    ['"doc"', '"v9"', 'latest, v1', 'docker tag'],
  ],
  buildFailed: [
    connectErrors.buildFailed('exit code 2', ['last line']),
    ['exit code 2', '\nlast line', 'jamdev build'],
  ],
  shuttingDown: [requestErrors.shuttingDown(), ['stopping']],
  loginNeedsCloud: [serviceErrors.loginNeedsCloud(), ['jamsocket login --token']],
  pushNeedsCloud: [serviceErrors.pushNeedsCloud('doc'), ['jamsocket connect doc -t TAG']],
  tokenMissing: [tokenErrors.tokenMissing(), ['token']],
  tokenUnknown: [tokenErrors.tokenUnknown(), ['token', 'Connect again']],
  notAToken: [tokenErrors.notAToken('app.js', { asked: '/app.js', instead: './app.js' }), ['"app.js"', '"./app.js"']],
  hostOfOtherBackend: [tokenErrors.hostOfOtherBackend('a.localhost', 'a', 'abc'), ['"a.localhost"', '"a"', '"abc"']],
  identityIgnored: [connectErrors.identityIgnored(), ['"user"', '"auth"', 'useStaticToken']],
  backendEnded: [
    backendErrors.backendEnded('abc', 'WHY', ['last line']),
    ['"abc"', 'WHY', '\nlast line\n', 'jamdev logs abc'],
  ],
  requestNotHttp: [requestErrors.requestNotHttp('DETAIL'), ['DETAIL']],
  requestHeadersTooLarge: [requestErrors.requestHeadersTooLarge(417_792), ['client', '408 KiB']],
  targetTooLong: [requestErrors.targetTooLong(70_000, 65_534), ['70000 bytes', '65534']],
  tooMuchBeforeUpgrade: [requestErrors.tooMuchBeforeUpgrade(), ['64 KiB']],
  requestTimeout: [requestErrors.requestTimeout(), ['minute']],
  chunkExtensionsTooLarge: [requestErrors.chunkExtensionsTooLarge(), ['16 KiB']],
  backendAnswerInvalid: [backendErrors.backendAnswerInvalid('abc', 'DETAIL'), ['"abc"', 'DETAIL']],
  heldByRequests: [backendErrors.heldByRequests(300), ['300 s', 'Plane', 'max_idle_seconds']],
  backendHeadersTooLarge: [backendErrors.backendHeadersTooLarge('abc', 417_792), ['"abc"', '408 KiB']],
  backendUnreachable: [
    backendErrors.backendUnreachable('abc', 'DETAIL', 'EXPLANATION'),
    ['"abc"', 'DETAIL', 'EXPLANATION', 'jamdev logs abc'],
  ],
  internal: [requestErrors.internal(), ['internal error']],
  configMissing: [configErrors.configMissing('FILE'), ['FILE', '--config']],
  configUnreadable: [configErrors.configUnreadable('FILE', 'DETAIL'), ['FILE', 'DETAIL']],
  configTwice: [configErrors.configTwice(['A', 'B']), ['A and B']],
  configNotJson: [configErrors.configNotJson('FILE', 3, 7, 'DETAIL'), ['FILE', 'line 3, column 7', 'DETAIL']],
  configNotObject: [configErrors.configNotObject('FILE', 'a list'), ['FILE', 'a list']],
  configUnknownKey: [configErrors.configUnknownKey('FILE', 'prt', 'port'), ['FILE', '"prt"', 'Did you mean "port"?']],
  configInvalid: [configErrors.configInvalid('FILE', 'a.b', 'must be DETAIL'), ['FILE', '"a.b"', 'DETAIL']],
  publicUrlsOfOneOrigin: [
    configErrors.publicUrlsOfOneOrigin('F.json', 'https://dev.example'),
    ['F.json', 'https://dev.example'],
  ],
  serviceNameInvalid: [configErrors.serviceNameInvalid('FILE', 'A B'), ['FILE', '"A B"']],
  noServices: [configErrors.noServices('FILE'), ['FILE', '"services"']],
  belongsToService: [configErrors.belongsToService('FILE', 'command'), ['FILE', '"command"', '"services"']],
  flagForOneService: [configErrors.flagForOneService('--build', ['a', 'b']), ['--build', 'a, b']],
  envFileSilent: [configErrors.envFileSilent('FILE', 10), ['FILE', '10 s', '"envFile"']],
  notAFile: [configErrors.notAFile('FILE', 'named pipe'), ['FILE', 'named pipe']],
  notUtf8: [configErrors.notUtf8('/FILE', 'encoded in UTF-16'), ['/FILE', 'UTF-16', 'UTF-8']],
  fileTooLarge: [configErrors.fileTooLarge('FILE', 4 * 1024 * 1024), ['FILE', '4 MiB']],
  envFileUnreadable: [configErrors.envFileUnreadable('FILE', 'ENOENT'), ['FILE', 'ENOENT', '"envFile"']],
  folderMissing: [pathErrors.folderMissing('FOLDER'), ['FOLDER']],
  nothingToRun: [configErrors.nothingToRun('FOLDER'), ['FOLDER', '--command', '"start"']],
  noCommand: [configErrors.noCommand('FOLDER'), ['FOLDER', '--command', '"start"']],
  watchProblem: [eventErrors.watchProblem('ENOSPC'), ['ENOSPC', 'jamdev build']],
  requestUnreadable: [requestErrors.requestUnreadable('Parse Error'), ['Parse Error']],
  pathUnreadable: [requestErrors.pathUnreadable('%zz'), ['%zz']],
  pathUnwatchable: [watchErrors.pathUnwatchable('PATH', 'EACCES'), ['PATH', 'EACCES', '"ignore"']],
  watchLimitReached: [watchErrors.watchLimitReached('ENOSPC', 3, 'PATH'), ['3 folders', 'PATH', 'max_user_watches=']],
  linkedTreeTooLarge: [watchErrors.linkedTreeTooLarge('PATH', 4711), ['PATH', '4711', '"watch"', '"ignore"']],
  ignoredProjectWatched: [watchErrors.ignoredProjectWatched('PATH'), ['PATH', '.gitignore', '"ignore"']],
  watchedByPolling: [watchErrors.watchedByPolling('PATH', 'nfs4'), ['PATH', 'nfs4', '"poll": false']],
  morePathsUnwatchable: [watchErrors.morePathsUnwatchable(10), ['10', 'JAMDEV_DEBUG=1']],
  watchedPathMissing: [watchErrors.watchedPathMissing('PATH'), ['PATH', '"watch"']],
  noDockerfile: [configErrors.noDockerfile('FOLDER'), ['FOLDER', '--dockerfile']],
  usingChildProcesses: [devServerErrors.usingChildProcesses('NO ENGINE.'), ['NO ENGINE', 'child processes']],
  portTaken: [
    portErrors.portTaken('API', 8080, 'pid 7 (x)', '--port', 8083),
    ['API', '8080', 'by pid 7 (x)', '--port 8083'],
  ],
  portForbidden: [portErrors.portForbidden('proxy', 80, '--proxy-port'), ['proxy', '80', '--proxy-port 8080']],
  hostUnavailable: [portErrors.hostUnavailable('HOST', 'DETAIL'), ['"HOST"', 'DETAIL', '--host']],
  stateFolderUnusable: [stateErrors.stateFolderUnusable('FOLDER', 'EROFS'), ['FOLDER', 'EROFS', 'XDG_STATE_HOME']],
  stateFolderForeign: [stateErrors.stateFolderForeign('FOLDER', 1001), ['FOLDER', 'uid 1001', 'XDG_STATE_HOME']],
  stateFolderOpen: [stateErrors.stateFolderOpen('MY FOLDER', 0o777), ['mode 777', "chmod 700 'MY FOLDER'"]],
  keptPortsUnusable: [stateErrors.keptPortsUnusable('FILE', 'EACCES'), ['FILE', 'EACCES', 'rm -r FILE']],
  stateFolderIsLink: [stateErrors.stateFolderIsLink('FOLDER'), ['FOLDER', 'symbolic link', 'XDG_STATE_HOME']],
  stateDeleted: [devServerErrors.stateDeleted('FOLDER'), ['FOLDER', 'restored']],
  projectRenamed: [devServerErrors.projectRenamed('FOLDER', 'NEW'), ['FOLDER', 'renamed to NEW']],
  projectDeleted: [devServerErrors.projectDeleted('FOLDER'), ['FOLDER', 'deleted']],
  projectReplaced: [devServerErrors.projectReplaced('FOLDER'), ['FOLDER', 'created in its place']],
  projectIsBack: [devServerErrors.projectIsBack('FOLDER'), ['FOLDER', 'back']],
  oldStateInUse: [stateErrors.oldStateInUse('FOLDER'), ['FOLDER', 'earlier version']],
  oldStateStays: [stateErrors.oldStateStays('FOLDER: EACCES', 2), ['FOLDER: EACCES', 'and 2 more']],
  modesNotKept: [stateErrors.modesNotKept('FOLDER'), ['FOLDER', 'permissions', 'XDG_STATE_HOME']],
  stateInTemporaryFolder: [stateErrors.stateInTemporaryFolder('WHY.', 'FOLDER'), ['WHY', 'FOLDER', 'XDG_STATE_HOME']],
  processTableUnreadable: [
    processErrors.processTableUnreadable('ps', Object.assign(new Error('spawn ps ENOENT'), { code: 'ENOENT' })),
    ['program ps', 'it is missing'],
  ],
  commandNotFound: [processErrors.commandNotFound('nope', 'FOLDER'), ['"nope"', 'FOLDER', 'PATH']],
  commandNotStarted: [
    processErrors.commandNotStarted('nope', true, 'REASON', 'REMEDY.'),
    ['"nope"', 'REASON', 'REMEDY'],
  ],
  execBuildFailed: [execErrors.execBuildFailed('npm'), ['"npm"', 'not run']],
  execNotFound: [execErrors.execNotFound('nope'), ['"nope"', 'PATH', 'sh -c']],
  execNotExecutable: [execErrors.execNotExecutable('nope', 'DETAIL', 'REMEDY.'), ['"nope"', 'DETAIL', 'REMEDY']],
  noDevServer: [
    clientErrors.noDevServer('FOLDER', ['  LINE'], { project: 'BELOW', apiUrl: 'URL' }, true),
    ['FOLDER', 'LINE', 'BELOW', '--api URL', 'npx jamdev dev'],
  ],
  noDevServerAnywhere: [clientErrors.noDevServerAnywhere(false), ['this machine', 'npx jamdev dev']],
  devServerUnreachable: [
    clientErrors.devServerUnreachable('URL', 'ECONNREFUSED', '', 'REMEDY'),
    ['URL', 'ECONNREFUSED'],
  ],
  imageNeverPulled: [configErrors.imageNeverPulled('doc'), ['"doc"', 'pullPolicy']],
  dockerfileToAdd: [configErrors.dockerfileToAdd('doc', '/x/Dockerfile', 'FROM y'), ['doc', '/x/Dockerfile', 'FROM y']],
  serveUnnamed: [clientErrors.serveUnnamed(), ['--api', 'JAMDEV_API_URL']],
  devServerDeploysNothing: [clientErrors.devServerDeploysNothing('http://x'), ['http://x', '--api']],
  environmentNotFound: [deployErrors.environmentNotFound('doc', 'stag', ['default']), ['"doc"', '"stag"', '"default"']],
  deploymentNotFound: [
    deployErrors.deploymentNotFound('doc', 'staging', 7),
    ['"doc"', '"staging"', '7', 'jamdev deployments'],
  ],
  environmentNameInvalid: [deployErrors.environmentNameInvalid('A/B'), ['"A/B"', '63']],
  nothingDeployed: [deployErrors.nothingDeployed('doc', 'staging'), ['"doc"', '"staging"', 'jamdev deploy']],
  nothingBefore: [deployErrors.nothingBefore('doc', 'staging'), ['"doc"', '"staging"']],
  promotedToItself: [deployErrors.promotedToItself('staging'), ['"staging"']],
  changedMeanwhile: [deployErrors.changedMeanwhile('doc', 'staging'), ['"doc"', '"staging"']],
  superseded: [
    deployCliErrors.superseded('doc', 'staging', {
      image: 'app@sha256:1',
      deployment: {
        id: 1,
        image: 'app@sha256:1',
        action: 'deploy',
        origin: null,
        actor: 'token:1',
        time: '2026-11-26T00:00:00.000Z',
      },
    }),
    ['doc/staging', 'token:1', 'app@sha256:1'],
  ],
  pushFailed: [imageErrors.pushFailed('registry/app:1', 'denied.'), ['registry/app:1', 'denied.', 'docker login']],
  imageNotBuilt: [imageErrors.imageNotBuilt('doc', 'step 2 failed'), ['"doc"', 'step 2 failed']],
  serveNotTrusted: [clientErrors.serveNotTrusted('https://x', 'CERT_HAS_EXPIRED'), ['https://x', 'CERT_HAS_EXPIRED']],
  serveBuildsNothing: [clientErrors.serveBuildsNothing('https://x'), ['https://x', 'jamdev deploy']],
  logsOfOneBackend: [clientErrors.logsOfOneBackend('https://x'), ['https://x', 'jamdev list']],
  serveUnreachable: [clientErrors.serveUnreachable('URL', 'DETAIL'), ['URL', 'DETAIL', '--api']],
  apiTokenUnset: [clientErrors.apiTokenUnset('PATH'), ['JAMDEV_TOKEN', 'PATH', 'jamsocket login']],
  notADevServer: [
    clientErrors.notADevServer('http://localhost:1', 'DETAIL', 'pid 4711'),
    ['http://localhost:1 (pid 4711)', 'DETAIL', '--api'],
  ],
  noCrash: [backendErrors.noCrash('doc-1'), ['"doc-1"', 'list --all']],
  noLogs: [backendErrors.noLogs('doc-1'), ['"doc-1"']],
  noBackendFor: [backendErrors.noBackendFor('doc-1'), ['"doc-1"']],
  neverReady: [neverReady('abc', 'WHY', ['last line']), ['"abc"', 'WHY', 'last line', 'jamdev logs abc']],
  ambiguousName: [
    backendErrors.ambiguousName('KEY', [
      { id: 'a', service: 'doc' },
      { id: 'b', service: 'chat' },
    ]),
    ['"KEY"', '2 backends', 'a of service "doc"', 'b of service "chat"', 'such as "a"', 'SERVICE/KEY'],
  ],
  optionUnknown: [
    configErrors.optionUnknown('NAME', 'LIKE', ['LIKE'], false),
    ['"NAME"', 'Did you mean "LIKE"', 'LIKE.'],
  ],
  optionInvalid: [configErrors.optionInvalid('PATH', 'DETAIL'), ['"PATH"', 'DETAIL']],
  portsEqual: [configErrors.portsEqual(9000), ['9000', '--proxy-port']],
  volumeIsLink: [stateErrors.volumeIsLink('PATH'), ['PATH', 'symbolic link']],
  notAFolder: [initErrors.notAFolder('PATH'), ['PATH']],
  filesInTheWay: [initErrors.filesInTheWay('FOLDER', ['a', 'b']), ['FOLDER', 'a, b', '--force']],
  immovableInTheWay: [initErrors.immovableInTheWay('FOLDER', ['a', 'b']), ['FOLDER', 'a, b']],
  fileNotWritten: [initErrors.fileNotWritten('FILE', 'ENOSPC', ['a', 'b']), ['FILE', 'ENOSPC', 'a, b', '--force']],
  execWithoutJson: [cliErrors.execWithoutJson(), ['--json', 'npx jamdev exec -- ']],
  completionWithoutJson: [cliErrors.completionWithoutJson(), ['--json', 'npx jamdev completion bash']],
  questionsUnanswered: [cliErrors.questionsUnanswered(), ['--template']],
  nodeTooOld: [doctorErrors.nodeTooOld('18.0.0', '20.19'), ['18.0.0', '20.19']],
  windows: [doctorErrors.windows(), ['Windows', 'WSL']],
  emulationMissing: [
    doctorErrors.emulationMissing('linux/amd64', 'amd64', 'linux/arm64'),
    ['linux/amd64', 'linux/arm64', '--install amd64', '"native"'],
  ],
  emulationUnknown: [
    doctorErrors.emulationUnknown('linux/amd64', 'linux/arm64'),
    ['linux/amd64', 'linux/arm64', '--platform linux/amd64', '"native"'],
  ],
  watchesShort: [doctorErrors.watchesShort(900, 200, 1000), ['900', '200', '1000', 'max_user_watches=524288']],
  watchersShort: [doctorErrors.watchersShort(128), ['128', 'max_user_instances=256']],
  buildKitMissing: [
    doctorErrors.buildKitMissing('RUN --mount (line 3)', 'do THIS'),
    ['RUN --mount (line 3)', 'Do THIS.'],
  ],
  leftBehind: [doctorErrors.leftBehind(['2 processes (pid 1, 2)', '1 image']), ['2 processes (pid 1, 2), 1 image']],
  runnerGone: [cliErrors.runnerGone('npx', 4711), ['npx', '4711']],
  systemRefused: [pathErrors.systemRefused('open', '/x/FILE', 'EIO'), ["can't open /x/FILE", 'EIO']],
  fewDescriptors: [cliErrors.fewDescriptors(64, 240), ['64', '240', 'ulimit -n 4096']],
  alreadyRunning: [
    clientErrors.alreadyRunning(
      '/app',
      4711,
      { apiUrl: 'http://localhost:1', proxyUrl: 'http://localhost:2' },
      ', suspended',
    ),
    ['/app', '4711', 'suspended', 'http://localhost:1', 'http://localhost:2', '--if-running reuse'],
  ],
  mountInUse: [
    connectErrors.mountInUse('KEY', 'SERVICE', 4711, 'http://localhost:1'),
    ['"KEY"', '"SERVICE"', '4711', 'http://localhost:1'],
  ],
  currentFolderGone: [pathErrors.currentFolderGone(), ['current folder']],
  logNotWritten: [eventErrors.logNotWritten('abc', 'ENOSPC', '/x/logs'), ['abc', 'the disk is full', '/x/logs']],
  outputNotWritten: [cliErrors.outputNotWritten('ENOSPC'), ['the disk is full']],
  portUnavailable: [portErrors.portUnavailable('API', 'EMFILE'), ['API', 'ulimit -n']],
  usage: [usageError('MESSAGE', 'REMEDY'), ['MESSAGE REMEDY']],
  dockerMissing: [dockerErrors.dockerMissing(), ['"docker"', '--runtime process']],
  dockerStopped: [dockerErrors.dockerStopped('DETAIL'), ['DETAIL', 'Start Docker', '--runtime process']],
  engineUnreachable: [
    dockerErrors.engineUnreachable('ssh://me@far.example', 'DETAIL', 'REMEDY'),
    ['ssh://me@far.example', 'DETAIL', 'REMEDY'],
  ],
  addressNotThere: [dockerErrors.addressNotThere('192.0.2.7'), ['192.0.2.7', '"remote.address"', 'ssh://']],
  dockerForbidden: [dockerErrors.dockerForbidden('DETAIL'), ['DETAIL', 'group docker', '--runtime process']],
  imageGone: [dockerErrors.imageGone('IMAGE'), ['IMAGE', 'jamdev build']],
  dockerNetworkMissing: [dockerErrors.dockerNetworkMissing('net'), ['"net"', 'docker network create net']],
  containerCommandNotFound: [dockerErrors.containerCommandNotFound('DETAIL'), ['DETAIL', 'CMD']],
  containerNotStarted: [dockerErrors.containerNotStarted('DETAIL'), ['DETAIL']],
  diskFull: [dockerErrors.diskFull('DETAIL'), ['DETAIL', 'docker system prune']],
  mountOutside: [connectErrors.mountOutside('../x'), ['"../x"', 'relative path']],
  unavailable: [storeErrors.unavailable('DETAIL'), ['DETAIL', 'no restart']],
  slow: [storeErrors.slow(5), ['5 s']],
  full: [storeErrors.full('DETAIL'), ['DETAIL', 'no restart']],
  readOnly: [storeErrors.readOnly('DETAIL'), ['DETAIL', 'primary']],
  refused: [storeErrors.refused('DETAIL'), ['DETAIL', 'password']],
  keyBusy: [storeErrors.keyBusy('KEY', 45), ['"KEY"', '45 s']],
  schemaNewer: [storeErrors.schemaNewer(['7-a', '8-b'], 6), ['8-b', '6 migrations', 'Upgrade']],
  accountNameInvalid: [accountErrors.accountNameInvalid('A B'), ['"A B"', 'hyphens']],
  scopeUnknown: [accountErrors.scopeUnknown('nope', ['read', 'admin']), ['"nope"', 'read, admin']],
  apiTokenNotFound: [accountErrors.apiTokenNotFound('abc', 'acme'), ['"abc"', '"acme"', 'token list acme']],
  databaseMissing: [configErrors.databaseMissing(), ['JAMDEV_SERVE_DATABASE', '"serve.database"', '--database']],
  databaseUrlInvalid: [configErrors.databaseUrlInvalid('WHERE'), ['WHERE', 'postgres://']],
  secretFileUnreadable: [
    configErrors.secretFileUnreadable('VARIABLE', 'PATH', 'EACCES'),
    ['VARIABLE', 'PATH', 'EACCES'],
  ],
  volumeUnusable: [stateErrors.volumeUnusable('FOLDER', 'EROFS'), ['FOLDER', 'EROFS']],
};

test.each(Object.entries(SAMPLES))('the sentence of %s contains its values', (_name, [error, mentions]) => {
  for (const mention of mentions) expect(error.sentence).toContain(mention);
});

test.each(Object.entries(SAMPLES))(
  'the command in the message of %s can be copied, wherever jamdev is installed',
  (_name, [error]) => {
    expect(error.sentence).not.toMatch(/: jamdev [a-z]/);
  },
);

test('every kind of error has a sample above', () => {
  expect(Object.keys(SAMPLES).sort()).toEqual(
    [...Object.values(GROUPS).flatMap((group) => Object.keys(group)), 'neverReady', 'usage'].sort(),
  );
});

test('every group of errors in src has its samples above', () => {
  const files = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.ts'),
  );
  const groups = files.flatMap((name) =>
    [...readFileSync(join(ROOT, 'src', name), 'utf8').matchAll(/^export const (\w+Errors) = \{/gm)].map(
      ([, group]) => group,
    ),
  );
  expect(groups.sort()).toEqual(Object.keys(GROUPS).sort());
});

test('a port holder without a name leaves no gap', () => {
  expect(portErrors.portTaken('API', 8080, '', '--port', 8081).message).toBe('Port 8080 for the API is taken.');
});

test.each([
  [undefined, 'http://localhost:PORT/TOKEN/'],
  [{ asked: '/app.js', instead: '../app.js' }, 'use the relative path "../app.js"; "/app.js" drops the token'],
  ['slash missing', 'opened without the "/" after the token'],
  ['socket.io', '{ path: "/TOKEN/socket.io/" }'],
] as const)('how to request with a token: %j', (by, told) => {
  expect(tokenErrors.tokenMissing(by).remedy).toContain(told);
});

test('a replaced token is shown if it is short, and only counted if it could be most of a real one', () => {
  expect(tokenErrors.notAToken('x'.repeat(31)).message).toContain('x'.repeat(31));
  expect(tokenErrors.notAToken('x'.repeat(42)).message).toBe(
    'The path begins with 42 characters that are not a connection token: a token has 43 characters, or "s." and 43.',
  );
});

test('a failure without output has no empty list of last lines', () => {
  expect(connectErrors.buildFailed('exit code 2', []).message).toBe('The build failed (exit code 2).');
  expect(backendErrors.backendEnded('abc', 'WHY').sentence).toBe(
    'The backend "abc" has ended: WHY. Connect again to get a new one. Full log: npx jamdev logs abc',
  );
  expect(neverReady('abc', 'WHY', []).message).toBe('The backend "abc" did not become ready: WHY.');
  expect(initErrors.fileNotWritten('FILE', 'EACCES', []).sentence).toBe(
    "FILE can't be written: this user may not write it (EACCES). Nothing was written. Check the owner and the mode of it and of the folders above it: ls -ld FILE",
  );
});

test('a value typed by a person is shortened in a message, and its control characters are escaped', () => {
  expect(backendErrors.backendNotFound('x'.repeat(81)).message).toBe(
    `There is no backend "${'x'.repeat(77)}..." (81 characters).`,
  );
  expect(backendErrors.backendNotFound('a\n\u001b[2J').message).toBe('There is no backend "a\\n\\u001b[2J".');
  expect(backendErrors.backendNotFound('\u009b2J\u007f').message).toBe('There is no backend "\\u009b2J\\u007f".');
  expect(backendErrors.backendNotFound(`\u001b[2J${'x'.repeat(99)}`).message).toMatch(
    /^There is no backend "\\u001b\[2Jx+\.\.\." /,
  );
  expect(configErrors.configUnknownKey('f', 'k', undefined).sentence).toBe('f has an unknown key "k".');
});
