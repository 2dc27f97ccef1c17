/** Error code -> HTTP status. Codes the platform itself uses: `KeyUnheldNoSpawnConfig`, `BackendNotRunning`. */
export const HTTP_STATUS_OF = {
  InvalidJson: 400,
  InvalidRequest: 400,
  InvalidKey: 400,
  KeyRequired: 400,
  ReservedEnv: 400,
  BodyTooLarge: 413,
  HeadersTooLarge: 431,
  TargetTooLong: 414,
  RequestTimeout: 408,
  Unauthorized: 401,
  AccountNotAllowed: 403,
  ScopeMissing: 403,
  HostNotAllowed: 403,
  OriginNotAllowed: 403,
  HostOfOtherBackend: 403,
  RouteNotFound: 404,
  MethodNotAllowed: 405,
  BackendNotFound: 404,
  ServiceNotFound: 404,
  ImageNotFound: 404,
  ApiTokenNotFound: 404,
  DroneNotFound: 404,
  EnvironmentNotFound: 404,
  DeploymentNotFound: 404,
  OutputUnavailable: 404,
  ServiceExists: 409,
  ServiceConfigured: 409,
  ServiceInUse: 409,
  BackendNotRunning: 409,
  NothingBefore: 409,
  DeploymentConflict: 409,
  MountInUse: 409,
  KeyUnheldNoSpawnConfig: 409,
  KeyHeldInOtherEnvironment: 409,
  TooManyAttempts: 429,
  LimitReached: 429,
  KeyStillEnding: 503,
  HolderUnreachable: 503,
  NoDroneAvailable: 503,
  ControllerUnavailable: 503,
  EngineUnavailable: 503,
  RegistryUnavailable: 503,
  ControllerFailed: 502,
  BuildFailed: 503,
  DockerMissing: 503,
  DockerStopped: 503,
  DockerForbidden: 503,
  EngineUnreachable: 503,
  ImageGone: 503,
  ConfigUnreadable: 503,
  DockerNetworkMissing: 503,
  ContainerNotStarted: 503,
  DiskFull: 503,
  DatabaseUnavailable: 503,
  DatabaseUnusable: 503,
  KeyBusy: 503,
  ShuttingDown: 503,
  CloudOnly: 501,
  TokenMissing: 400,
  TokenUnknown: 410,
  BackendEnded: 410,
  BackendUnreachable: 502,
  BackendAnswerInvalid: 502,
  BackendNotReady: 503,
  BackendReplaced: 503,
  Internal: 500,
  SystemRefused: 503,
} as const;

/** A code in error answers of the API or the proxy. */
export type WireErrorCode = keyof typeof HTTP_STATUS_OF;

/** Codes of errors that end a command or are only shown; over HTTP they would be internal errors. */
type CommandErrorCode =
  | 'ConfigInvalid'
  | 'NothingToRun'
  | 'WatchFailed'
  | 'NotSupported'
  | 'PortTaken'
  | 'HostUnavailable'
  | 'LeftBehind'
  | 'StateFolderUnusable'
  | 'StateFolderUnsafe'
  | 'ProcessTableUnreadable'
  | 'CommandNotFound'
  | 'CommandNotExecutable'
  | 'CommandNotStarted'
  | 'ExecNotFound'
  | 'ExecNotExecutable'
  | 'NoDevServer'
  | 'DevServerUnreachable'
  | 'ServeUnreachable'
  | 'PushFailed'
  | 'DeploymentSuperseded'
  | 'FilesInTheWay'
  | 'FolderUnusable'
  | 'RunnerGone'
  | 'AlreadyRunning'
  | 'Usage';

export type ErrorCode = WireErrorCode | CommandErrorCode;

/** Error code -> seconds after which a client may retry, for temporary errors. */
export const RETRY_AFTER_SECONDS: Partial<Record<ErrorCode, number>> = {
  BackendNotReady: 5,
  BackendReplaced: 1,
  DatabaseUnavailable: 5,
  KeyBusy: 5,
  TooManyAttempts: 60,
  LimitReached: 1,
  KeyStillEnding: 5,
  HolderUnreachable: 10,
  NoDroneAvailable: 10,
  ControllerUnavailable: 5,
  RegistryUnavailable: 5,
};

/** Returns the HTTP status of an answer with that code. */
export function httpStatusOf(code: ErrorCode): number {
  const statuses: Partial<Record<ErrorCode, number>> = HTTP_STATUS_OF;
  return statuses[code] ?? 500;
}
