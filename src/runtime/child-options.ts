/** How execa starts what a backend runs in: apart from the terminal of the dev server, and with its output untouched. */
export const BACKEND_CHILD = {
  extendEnv: false,
  // A session of its own: signals for the dev server's terminal don't reach it, and its group can be signalled.
  detached: true,
  cleanup: false,
  reject: false,
  buffer: false,
  stdin: 'ignore',
  stdout: 'pipe',
  stderr: 'pipe',
} as const;
