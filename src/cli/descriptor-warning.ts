import { readDescriptorLimit } from '../os/descriptor-limit.js';
import { cliErrors } from './cli-errors.js';
import type { CommandIo } from './io.js';

/** Descriptors of a dev server itself: measured, plus room for a build and some requests. */
const OWN_DESCRIPTORS = 64;
/** Descriptors per session: its output (2) and its log (1). */
const PER_SESSION = 3;
/** Descriptors per connection through the proxy: to the client and to the backend. */
const PER_CONNECTION = 2;
/** The number of sessions, and of connections to each, that a dev server should be able to have. */
const USUAL_SESSIONS = 16;
const USUAL_CONNECTIONS = 4;
const NEEDED = OWN_DESCRIPTORS + USUAL_SESSIONS * (PER_SESSION + USUAL_CONNECTIONS * PER_CONNECTION);

/** Warns if the limit of file descriptors is too low for a dev server, because calls would fail later. */
export async function warnOfFewDescriptors(io: CommandIo): Promise<void> {
  const limit = await readDescriptorLimit();
  if (limit !== undefined && limit < NEEDED) io.err(`jamdev: ${cliErrors.fewDescriptors(limit, NEEDED).sentence}`);
}
