export type { DevFlags } from './config/dev-flags.js';
export type { DevConfig } from './config/resolve.js';
export type { BuildOutcome } from './contract/dev-endpoints.js';
export type { ErrorCode } from './contract/errors/error-codes.js';
export { JamdevError } from './contract/errors/jamdev-error.js';
export type { ConnectResponse } from './contract/responses.js';
export type { ConnectOptions, DevServer } from './dev-server/dev-server.js';
export { startDevServer } from './dev-server/start-dev-server.js';
