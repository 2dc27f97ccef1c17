import { SLOT_VARIABLE } from '../../processes/process-snapshot.js';

/** Passes the path of the control socket to the preload of a backend in a warm pool; see lead-control-socket.cjs. */
export const CONTROL_SOCKET_VARIABLE = 'JAMDEV_CONTROL_SOCKET';

/**
 * Makes the environment of a backend in a warm pool, which has a slot and a control socket but no session.
 * @param env the environment of a backend of the service
 */
export function poolEnvironment(env: NodeJS.ProcessEnv, slot: string, controlSocket: string): NodeJS.ProcessEnv {
  // The dev server itself may be running in a backend.
  const own = Object.entries(env).filter(([name]) => !name.startsWith('SESSION_BACKEND_'));
  return { ...Object.fromEntries(own), [SLOT_VARIABLE]: slot, [CONTROL_SOCKET_VARIABLE]: controlSocket };
}
