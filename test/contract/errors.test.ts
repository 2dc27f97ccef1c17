import { expect, test } from 'vitest';
import { type ErrorCode, errorBody, HTTP_STATUS_OF, JamdevError, problem } from '../../src/contract/errors.js';

test('an error answer has the message, status, code and id of the platform’s wire format, in its order', () => {
  const body = errorBody(problem.backendNotFound('abc'), 'id-1');
  expect(JSON.stringify(body)).toBe(
    '{"error":{"message":"There is no backend \\"abc\\". List the backends: npx jamdev list","status":404,"code":"BackendNotFound","id":"id-1"}}',
  );
});

test('without a remedy the sentence is the message alone', () => {
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

/** One call of every function, with values that can be found again in the sentence. */
const SAMPLES: { [Name in keyof typeof problem]: [error: JamdevError, mentions: string[]] } = {
  invalidJson: [problem.invalidJson('DETAIL'), ['DETAIL']],
  bodyNotObject: [problem.bodyNotObject('a list'), ['a list']],
  invalidField: [problem.invalidField('a.b', 'must be DETAIL'), ['"a.b"', 'DETAIL']],
  bodyTooLarge: [problem.bodyTooLarge(4711), ['4711']],
  bodyUnreadable: [problem.bodyUnreadable('DETAIL'), ['DETAIL']],
  emptyKey: [problem.emptyKey(), ['1 to 128']],
  longKey: [problem.longKey(129), ['129', '128']],
  keyNotString: [problem.keyNotString('a number'), ['a number']],
  keyNotText: [problem.keyNotText(), ['NUL']],
  identityTooLarge: [problem.identityTooLarge(11, 8888, 8192), ['11 bytes', '8888', '8192']],
  keyRequired: [problem.keyRequired(), ['"spawn": false']],
  reservedEnv: [problem.reservedEnv('PORT'), ['"PORT"']],
  keyUnheld: [problem.keyUnheld('KEY', 'SERVICE'), ['"KEY"', '"SERVICE"']],
  hostNotAllowed: [problem.hostNotAllowed('evil.example'), ['"evil.example"', 'allowedHosts']],
  originNotAllowed: [problem.originNotAllowed('https://evil.example'), ['"https://evil.example"']],
  backendNotReady: [problem.backendNotReady('abc', 'REASON.'), ['"abc"', 'REASON.']],
  backendReplaced: [problem.backendReplaced('abc', 4711), ['"abc"', '4711']],
  siteNotAllowed: [problem.siteNotAllowed(), ['Sec-Fetch-Site']],
  backendPageNotAllowed: [problem.backendPageNotAllowed('http://localhost:9090'), ['"http://localhost:9090"']],
  writtenByItself: [problem.writtenByItself('dist/stamp', true), ['dist/stamp', 'build', '"ignore"']],
  importNotWatched: [
    problem.importNotWatched('doc', '/repo/shared/util.js', '../shared'),
    ['"doc"', '"/repo/shared/util.js"', '"../shared"'],
  ],
  needsRestart: [problem.needsRestart('jamdev.config.json', ['"port"']), ['jamdev.config.json', '"port"', 'again']],
  configNotUsed: [problem.configNotUsed('It is empty.'), ['It is empty.', 'previous config']],
  pageCalledApi: [problem.pageCalledApi('http://localhost:3000'), ['"http://localhost:3000"', 'secret']],
  routeNotFound: [problem.routeNotFound('GET', '/nope'), ['GET "/nope"']],
  methodNotAllowed: [problem.methodNotAllowed('PUT', '/auth', ['GET', 'HEAD']), ['PUT', '"/auth"', 'GET or HEAD']],
  backendNotFound: [problem.backendNotFound('abc'), ['"abc"', 'jamdev list']],
  backendNotRunning: [problem.backendNotRunning('abc'), ['"abc"']],
  serviceNotFound: [problem.serviceNotFound('nope', ['one', 'two']), ['"nope"', 'one, two']],
  serviceNameUnusable: [problem.serviceNameUnusable('A B'), ['"A B"', 'digits']],
  serviceExists: [problem.serviceExists('doc'), ['"doc"']],
  serviceConfigured: [problem.serviceConfigured('doc'), ['"doc"', 'config file']],
  serviceInUse: [problem.serviceInUse('doc', 2), ['"doc"', '2 running backends']],
  imageNotFound: [
    problem.imageNotFound('doc', 'v9', ['latest', 'v1'], true),
    ['"doc"', '"v9"', 'latest, v1', 'docker tag'],
  ],
  buildFailed: [problem.buildFailed('exit code 2', ['last line']), ['exit code 2', '\nlast line', 'jamdev build']],
  shuttingDown: [problem.shuttingDown(), ['stopping']],
  loginNeedsCloud: [problem.loginNeedsCloud(), ['jamsocket login --token']],
  pushNeedsCloud: [problem.pushNeedsCloud('doc'), ['jamsocket connect doc -t TAG']],
  tokenMissing: [problem.tokenMissing(), ['token']],
  tokenUnknown: [problem.tokenUnknown(), ['token', 'connect again']],
  notAToken: [problem.notAToken('app.js', { asked: '/app.js', instead: './app.js' }), ['"app.js"', '"./app.js"']],
  hostOfOtherBackend: [problem.hostOfOtherBackend('a.localhost', 'a', 'abc'), ['"a.localhost"', '"a"', '"abc"']],
  identityIgnored: [problem.identityIgnored(), ['"user"', '"auth"', 'useStaticToken']],
  backendEnded: [
    problem.backendEnded('abc', 'WHY', ['last line']),
    ['"abc"', 'WHY', '\nlast line\n', 'jamdev logs abc'],
  ],
  requestNotHttp: [problem.requestNotHttp('DETAIL'), ['DETAIL']],
  requestHeadersTooLarge: [problem.requestHeadersTooLarge(65_536), ['client', '64 KiB']],
  tooMuchBeforeUpgrade: [problem.tooMuchBeforeUpgrade(), ['64 KiB']],
  requestTimeout: [problem.requestTimeout(), ['minute']],
  chunkExtensionsTooLarge: [problem.chunkExtensionsTooLarge(), ['16 KiB']],
  backendAnswerInvalid: [problem.backendAnswerInvalid('abc', 'DETAIL'), ['"abc"', 'DETAIL']],
  backendHeadersTooLarge: [problem.backendHeadersTooLarge('abc', 65_536), ['"abc"', '64 KiB']],
  backendUnreachable: [
    problem.backendUnreachable('abc', 'DETAIL', 'EXPLANATION'),
    ['"abc"', 'DETAIL', 'EXPLANATION', 'jamdev logs abc'],
  ],
  internal: [problem.internal(), ['inside jamdev']],
  configMissing: [problem.configMissing('FILE'), ['FILE', '--config']],
  configUnreadable: [problem.configUnreadable('FILE', 'DETAIL'), ['FILE', 'DETAIL']],
  configTwice: [problem.configTwice(['A', 'B']), ['A and B']],
  configNotJson: [problem.configNotJson('FILE', 3, 7, 'DETAIL'), ['FILE', 'line 3, column 7', 'DETAIL']],
  configNotObject: [problem.configNotObject('FILE', 'a list'), ['FILE', 'a list']],
  configUnknownKey: [problem.configUnknownKey('FILE', 'prt', 'port'), ['FILE', '"prt"', 'Did you mean "port"?']],
  configInvalid: [problem.configInvalid('FILE', 'a.b', 'must be DETAIL'), ['FILE', '"a.b"', 'DETAIL']],
  serviceNameInvalid: [problem.serviceNameInvalid('FILE', 'A B'), ['FILE', '"A B"']],
  noServices: [problem.noServices('FILE'), ['FILE', '"services"']],
  belongsToService: [problem.belongsToService('FILE', 'command'), ['FILE', '"command"', '"services"']],
  flagForOneService: [problem.flagForOneService('--build', ['a', 'b']), ['--build', 'a, b']],
  envFileSilent: [problem.envFileSilent('FILE', 10), ['FILE', '10 s', '"envFile"']],
  notAFile: [problem.notAFile('FILE', 'named pipe'), ['FILE', 'named pipe']],
  notUtf8: [problem.notUtf8('/FILE', 'encoded in UTF-16'), ['/FILE', 'UTF-16', 'UTF-8']],
  fileTooLarge: [problem.fileTooLarge('FILE', 4 * 1024 * 1024), ['FILE', '4 MiB']],
  envFileUnreadable: [problem.envFileUnreadable('FILE', 'ENOENT'), ['FILE', 'ENOENT', '"envFile"']],
  folderMissing: [problem.folderMissing('FOLDER'), ['FOLDER']],
  nothingToRun: [problem.nothingToRun('FOLDER'), ['FOLDER', '--command', '"start"']],
  watchProblem: [problem.watchProblem('ENOSPC'), ['ENOSPC', 'jamdev build']],
  requestUnreadable: [problem.requestUnreadable('Parse Error'), ['Parse Error']],
  pathUnreadable: [problem.pathUnreadable('%zz'), ['%zz']],
  pathUnwatchable: [problem.pathUnwatchable('PATH', 'EACCES'), ['PATH', 'EACCES', '"ignore"']],
  watchLimitReached: [problem.watchLimitReached('ENOSPC', 3, 'PATH'), ['3 folders', 'PATH', 'max_user_watches=']],
  linkedTreeTooLarge: [problem.linkedTreeTooLarge('PATH', 4711), ['PATH', '4711', '"watch"', '"ignore"']],
  ignoredProjectWatched: [problem.ignoredProjectWatched('PATH'), ['PATH', '.gitignore', '"ignore"']],
  watchedByPolling: [problem.watchedByPolling('PATH', 'nfs4'), ['PATH', 'nfs4', '"poll": false']],
  watchedPathMissing: [problem.watchedPathMissing('PATH'), ['PATH', '"watch"']],
  noDockerfile: [problem.noDockerfile('FOLDER'), ['FOLDER', '--dockerfile']],
  usingChildProcesses: [problem.usingChildProcesses('NO ENGINE.'), ['NO ENGINE', 'child processes']],
  portTaken: [problem.portTaken('API', 8080, 'pid 7 (x)', '--port'), ['API', '8080', 'by pid 7 (x)', '--port 8081']],
  portForbidden: [problem.portForbidden('proxy', 80, '--proxy-port'), ['proxy', '80', '--proxy-port 8080']],
  hostUnavailable: [problem.hostUnavailable('HOST', 'DETAIL'), ['"HOST"', 'DETAIL', '--host']],
  stateFolderUnusable: [problem.stateFolderUnusable('FOLDER', 'EROFS'), ['FOLDER', 'EROFS', 'XDG_STATE_HOME']],
  stateFolderForeign: [problem.stateFolderForeign('FOLDER', 1001), ['FOLDER', 'uid 1001', 'XDG_STATE_HOME']],
  stateFolderOpen: [problem.stateFolderOpen('FOLDER', 0o777), ['mode 777', 'chmod 700 FOLDER']],
  stateFolderIsLink: [problem.stateFolderIsLink('FOLDER'), ['FOLDER', 'symbolic link', 'XDG_STATE_HOME']],
  stateDeleted: [problem.stateDeleted('FOLDER'), ['FOLDER', 'written again']],
  projectRenamed: [problem.projectRenamed('FOLDER', 'NEW'), ['FOLDER', 'renamed to NEW']],
  projectDeleted: [problem.projectDeleted('FOLDER'), ['FOLDER', 'deleted']],
  projectReplaced: [problem.projectReplaced('FOLDER'), ['FOLDER', 'created in its place']],
  projectIsBack: [problem.projectIsBack('FOLDER'), ['FOLDER', 'back']],
  oldStateInUse: [problem.oldStateInUse('FOLDER'), ['FOLDER', 'earlier version']],
  oldStateStays: [problem.oldStateStays('FOLDER: EACCES', 2), ['FOLDER: EACCES', 'and 2 more']],
  modesNotKept: [problem.modesNotKept('FOLDER'), ['FOLDER', 'permissions', 'XDG_STATE_HOME']],
  stateInTemporaryFolder: [problem.stateInTemporaryFolder('WHY.', 'FOLDER'), ['WHY', 'FOLDER', 'XDG_STATE_HOME']],
  processTableUnreadable: [
    problem.processTableUnreadable('ps', Object.assign(new Error('spawn ps ENOENT'), { code: 'ENOENT' })),
    ['program ps', 'it is missing'],
  ],
  commandNotFound: [problem.commandNotFound('nope', 'FOLDER'), ['"nope"', 'FOLDER', 'PATH']],
  commandNotStarted: [problem.commandNotStarted('nope', true, 'REASON', 'REMEDY.'), ['"nope"', 'REASON', 'REMEDY']],
  execBuildFailed: [problem.execBuildFailed('npm'), ['"npm"', 'not run']],
  execNotFound: [problem.execNotFound('nope'), ['"nope"', 'PATH', 'sh -c']],
  execNotExecutable: [problem.execNotExecutable('nope', 'DETAIL', 'REMEDY.'), ['"nope"', 'DETAIL', 'REMEDY']],
  noDevServer: [problem.noDevServer('FOLDER'), ['FOLDER', 'npx jamdev dev']],
  noDevServerAnywhere: [problem.noDevServerAnywhere(), ['this machine', 'npx jamdev dev']],
  devServerUnreachable: [problem.devServerUnreachable('URL', 'ECONNREFUSED'), ['URL', 'ECONNREFUSED']],
  notADevServer: [
    problem.notADevServer('http://localhost:1', 'DETAIL', 'pid 4711'),
    ['http://localhost:1 (pid 4711)', 'DETAIL', '--api'],
  ],
  noLogs: [problem.noLogs('doc-1'), ['"doc-1"']],
  noBackendFor: [problem.noBackendFor('doc-1'), ['"doc-1"']],
  neverReady: [problem.neverReady('abc', 'WHY', ['last line']), ['"abc"', 'WHY', 'last line', 'jamdev logs abc']],
  keyInSeveralServices: [problem.keyInSeveralServices('KEY', ['a', 'b']), ['"KEY"', 'a and b']],
  keyInSeveralProjects: [
    problem.keyInSeveralProjects('KEY', [
      { id: 'a', project: '/one' },
      { id: 'b', project: '/two' },
    ]),
    ['"KEY"', '2 backends', 'a in /one, b in /two'],
  ],
  portsEqual: [problem.portsEqual(9000), ['9000', '--proxy-port']],
  volumeIsLink: [problem.volumeIsLink('PATH'), ['PATH', 'symbolic link']],
  notAFolder: [problem.notAFolder('PATH'), ['PATH']],
  filesInTheWay: [problem.filesInTheWay('FOLDER', ['a', 'b']), ['FOLDER', 'a, b', '--force']],
  immovableInTheWay: [problem.immovableInTheWay('FOLDER', ['a', 'b']), ['FOLDER', 'a, b']],
  fileNotWritten: [problem.fileNotWritten('FILE', 'ENOSPC', ['a', 'b']), ['FILE', 'ENOSPC', 'a, b', '--force']],
  questionsUnanswered: [problem.questionsUnanswered(), ['--template']],
  nodeTooOld: [problem.nodeTooOld('18.0.0', '20.19'), ['18.0.0', '20.19']],
  windows: [problem.windows(), ['Windows', 'WSL']],
  emulationMissing: [
    problem.emulationMissing('linux/amd64', 'amd64', 'linux/arm64'),
    ['linux/amd64', 'linux/arm64', '--install amd64', '"native"'],
  ],
  emulationUnknown: [
    problem.emulationUnknown('linux/amd64', 'linux/arm64'),
    ['linux/amd64', 'linux/arm64', '--platform linux/amd64', '"native"'],
  ],
  watchesShort: [problem.watchesShort(900, 200, 1000), ['900', '200', '1000', 'max_user_watches=524288']],
  watchersShort: [problem.watchersShort(128), ['128', 'max_user_instances=256']],
  leftBehind: [problem.leftBehind(['2 processes (pid 1, 2)', '1 image']), ['2 processes (pid 1, 2), 1 image']],
  runnerGone: [problem.runnerGone('npx', 4711), ['npx', '4711']],
  systemRefused: [problem.systemRefused('open', '/x/FILE', 'EIO'), ["can't open /x/FILE", 'EIO']],
  fewDescriptors: [problem.fewDescriptors(64, 240), ['64', '240', 'ulimit -n 4096']],
  alreadyRunning: [
    problem.alreadyRunning(
      '/app',
      4711,
      { apiUrl: 'http://localhost:1', proxyUrl: 'http://localhost:2' },
      ', suspended',
    ),
    ['/app', '4711', 'suspended', 'http://localhost:1', 'http://localhost:2', '--if-running reuse'],
  ],
  mountInUse: [
    problem.mountInUse('KEY', 'SERVICE', 4711, 'http://localhost:1'),
    ['"KEY"', '"SERVICE"', '4711', 'http://localhost:1'],
  ],
  currentFolderGone: [problem.currentFolderGone(), ['current folder']],
  logNotWritten: [problem.logNotWritten('abc', 'ENOSPC', '/x/logs'), ['abc', 'the disk is full', '/x/logs']],
  outputNotWritten: [problem.outputNotWritten('ENOSPC'), ['the disk is full']],
  portUnavailable: [problem.portUnavailable('API', 'EMFILE'), ['API', 'ulimit -n']],
  usage: [problem.usage('MESSAGE', 'REMEDY'), ['MESSAGE REMEDY']],
  dockerMissing: [problem.dockerMissing(), ['"docker"', '--runtime process']],
  dockerStopped: [problem.dockerStopped('DETAIL'), ['DETAIL', 'Start Docker', '--runtime process']],
  dockerForbidden: [problem.dockerForbidden('DETAIL'), ['DETAIL', 'group docker', '--runtime process']],
  imageGone: [problem.imageGone('IMAGE'), ['IMAGE', 'jamdev build']],
  dockerNetworkMissing: [problem.dockerNetworkMissing('net'), ['"net"', 'docker network create net']],
  containerCommandNotFound: [problem.containerCommandNotFound('DETAIL'), ['DETAIL', 'CMD']],
  containerNotStarted: [problem.containerNotStarted('DETAIL'), ['DETAIL']],
  diskFull: [problem.diskFull('DETAIL'), ['DETAIL', 'docker system prune']],
  mountOutside: [problem.mountOutside('../x'), ['"../x"', 'relative path']],
  volumeUnusable: [problem.volumeUnusable('FOLDER', 'EROFS'), ['FOLDER', 'EROFS']],
};

test.each(Object.entries(SAMPLES))('the sentence of %s names the values it is about', (_name, [error, mentions]) => {
  for (const mention of mentions) expect(error.sentence).toContain(mention);
});

test.each(Object.entries(SAMPLES))(
  'a command that %s gives can be copied, wherever jamdev is installed',
  (_name, [error]) => {
    expect(error.sentence).not.toMatch(/: jamdev [a-z]/);
  },
);

test('every kind of problem has a sample above', () => {
  expect(Object.keys(SAMPLES).sort()).toEqual(Object.keys(problem).sort());
});

test('a nameless port holder leaves no gap, and the last port does not lead beyond the range', () => {
  expect(problem.portTaken('API', 8080, '', '--port').message).toBe('Port 8080 for the API is taken.');
  expect(problem.portTaken('API', 65_535, '', '--port').remedy).toMatch(/--port 0$/);
});

test.each([
  [undefined, 'http://localhost:PORT/TOKEN/'],
  [{ asked: '/app.js', instead: '../app.js' }, 'use the relative path "../app.js"; "/app.js" drops the token'],
  ['slash missing', 'opened without the "/" after the token'],
  ['socket.io', '{ path: "/TOKEN/socket.io/" }'],
] as const)('how to ask with a token: %j', (by, told) => {
  expect(problem.tokenMissing(by).remedy).toContain(told);
});

test('what stands for a token is shown when it is short, and counted when it may be most of one', () => {
  expect(problem.notAToken('x'.repeat(31)).message).toContain('x'.repeat(31));
  expect(problem.notAToken('x'.repeat(42)).message).toBe(
    'The path begins with 42 characters that are not a connection token, which has 43, or "s." and 43.',
  );
});

test('a failure without output has no empty list of last lines', () => {
  expect(problem.buildFailed('exit code 2', []).message).toBe('The build failed (exit code 2).');
  expect(problem.backendEnded('abc', 'WHY').sentence).toBe(
    'The backend "abc" has ended: WHY. Connect again to get a new one. Full log: npx jamdev logs abc',
  );
  expect(problem.neverReady('abc', 'WHY', []).message).toBe('The backend "abc" did not become ready: WHY.');
  expect(problem.fileNotWritten('FILE', 'EACCES', []).sentence).toBe(
    "FILE can't be written: this user may not write it (EACCES). Nothing was written. Check the owner and the mode of it and of the folders above it: ls -ld FILE",
  );
});

test('a value that a person typed is shortened in a message, and control characters are escaped', () => {
  expect(problem.backendNotFound('x'.repeat(81)).message).toBe(
    `There is no backend "${'x'.repeat(77)}..." (81 characters).`,
  );
  expect(problem.backendNotFound('a\n\u001b[2J').message).toBe('There is no backend "a\\n\\u001b[2J".');
  expect(problem.backendNotFound('\u009b2J\u007f').message).toBe('There is no backend "\\u009b2J\\u007f".');
  expect(problem.backendNotFound(`\u001b[2J${'x'.repeat(99)}`).message).toMatch(
    /^There is no backend "\\u001b\[2Jx+\.\.\." /,
  );
  expect(problem.configUnknownKey('f', 'k', undefined).sentence).toBe('f has an unknown key "k".');
});
