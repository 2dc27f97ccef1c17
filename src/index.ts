export type { BuildOutcome } from './build/builder.js';
export type { DevConfig, DevFlags } from './config/resolve.js';
export { type ErrorCode, JamdevError } from './contract/errors.js';
export type { ConnectResponse } from './contract/responses.js';
export { type ConnectOptions, type DevServer, startDevServer } from './dev-server.js';
