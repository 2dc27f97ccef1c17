import { SLOT_VARIABLE } from '../../processes/process-snapshot.js';

/** Tells the preload where the control socket of a backend in a warm pool is; see lead-control-socket.cjs. */
export const CONTROL_SOCKET_VARIABLE = 'JAMDEV_CONTROL_SOCKET';

/**
 * The environment of a backend in a warm pool: it has no session, but a place and a control socket.
 * @param env of a backend of the service
 */
export function poolEnvironment(env: NodeJS.ProcessEnv, slot: string, controlSocket: string): NodeJS.ProcessEnv {
  // The dev server itself may run in a backend.
  const own = Object.entries(env).filter(([name]) => !name.startsWith('SESSION_BACKEND_'));
  return { ...Object.fromEntries(own), [SLOT_VARIABLE]: slot, [CONTROL_SOCKET_VARIABLE]: controlSocket };
}
