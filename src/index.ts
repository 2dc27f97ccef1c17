export type { DevFlags } from './config/dev-flags.js';
export type { DevConfig } from './config/resolve.js';
export type { BuildOutcome } from './contract/dev-endpoints.js';
export { type ErrorCode, JamdevError } from './contract/errors.js';
export type { ConnectResponse } from './contract/responses.js';
export { type ConnectOptions, type DevServer, startDevServer } from './dev-server.js';
