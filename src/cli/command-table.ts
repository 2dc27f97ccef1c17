import type { Command } from 'commander';
import type { CommandIo } from './io.js';

/** A command of `jamdev`. */
interface CommandEntry {
  /** For the general help and for completion, which do not load the command. */
  description: string;
  /** Loads the module of the command with its dependencies. */
  load: () => Promise<(io: CommandIo) => Command>;
}

/** All commands, in the order of the help. Each is in its own module, which is loaded when the command is called. */
export const COMMANDS: Record<string, CommandEntry> = {
  init: {
    description: 'write a small app to start from',
    load: async () => (await import('./commands/init/init.js')).initCommand,
  },
  dev: {
    description: 'start the dev server: API, proxy, and backends on request',
    load: async () => (await import('./commands/dev/dev.js')).devCommand,
  },
  exec: {
    description: 'start a dev server on free ports, run a command, stop the dev server',
    load: async () => (await import('./commands/exec/exec.js')).execCommand,
  },
  spawn: {
    description: 'start a backend, or find the one that holds the key; prints the spawn result',
    load: async () => (await import('./commands/connect/spawn.js')).spawnCommand,
  },
  connect: {
    description: 'the same as spawn; prints the v2 connect response',
    load: async () => (await import('./commands/connect/connect.js')).connectCommand,
  },
  logs: {
    description: 'show the output of backends, including ended ones',
    load: async () => (await import('./commands/logs/logs.js')).logsCommand,
  },
  list: {
    description: 'list running backends',
    load: async () => (await import('./commands/list/list.js')).listCommand,
  },
  status: {
    description: 'show the status of a backend',
    load: async () => (await import('./commands/status.js')).statusCommand,
  },
  terminate: {
    description: 'end backends: SIGTERM, and SIGKILL after the grace period',
    load: async () => (await import('./commands/terminate.js')).terminateCommand,
  },
  build: {
    description: 'build in the running dev server and wait; exits 1 with the output if the build fails',
    load: async () => (await import('./commands/build.js')).buildCommand,
  },
  deploy: {
    description: 'build and push an image, and run it in an environment of jamdev serve from the next session on',
    load: async () => (await import('./commands/deploy/deploy.js')).deployCommand,
  },
  rollback: {
    description: 'run the previous image in an environment of jamdev serve; run it again to go back further',
    load: async () => (await import('./commands/deploy/rollback.js')).rollbackCommand,
  },
  deployments: {
    description:
      'show the last 100 deployments of an environment of jamdev serve, newest first: the first one is in effect',
    load: async () => (await import('./commands/deploy/deployments.js')).deploymentsCommand,
  },
  promote: {
    description: 'run the image of one environment of jamdev serve in another; nothing is built',
    load: async () => (await import('./commands/deploy/promote.js')).promoteCommand,
  },
  serve: {
    description: "serve the platform's API in front of a Plane cluster",
    load: async () => (await import('./commands/serve/serve.js')).serveCommand,
  },
  doctor: {
    description: 'check for problems that prevent jamdev dev from working; exits 1 on a failure, not on a warning',
    load: async () => (await import('./commands/doctor/doctor.js')).doctorCommand,
  },
  token: {
    description: 'create, list and revoke API tokens of jamdev serve',
    load: async () => (await import('./commands/token/token.js')).tokenCommand,
  },
  drones: {
    description: 'list the drones of the cluster behind jamdev serve, and drain one',
    load: async () => (await import('./commands/drones/drones.js')).dronesCommand,
  },
  audit: {
    description: 'show who deployed, terminated and created or revoked tokens in jamdev serve, oldest first',
    load: async () => (await import('./commands/audit.js')).auditCommand,
  },
};
