import { Command } from 'commander';
import type { ServeFlags } from '../../../config/serve-config.js';
import type { CommandIo } from '../../io.js';
import { addExamples, port } from '../../option-values.js';

/** Default folder of `--init`. */
const INIT_FOLDER = 'registry';

/** `jamdev serve`: the platform's API in front of a Plane cluster. */
export function serveCommand(io: CommandIo): Command {
  const command = new Command('serve')
    .option('--controller <url>', 'the address of the cluster’s controllers')
    .option('--cluster <name>', 'the name of the cluster')
    .option('--database <url>', 'the URL of its PostgreSQL database')
    .option('--public-url <url>', 'the URL that leads to this API')
    .option('--port <number>', 'the port of the API (default: 8080; 0: any free one)', port('--port'))
    .option('--host <host>', 'listen on this host instead of loopback only; needs an API token')
    .option('--config <file>', 'the config file (default: jamsocket.config.json in this folder)')
    .option('--registry <url>', 'the URL of the registry to push images to')
    .option('--init [folder]', 'write the signing key, certificate and config of the registry, then exit')
    .option('--check', 'check every part, report problems, then exit')
    .action(async ({ check, init, ...flags }: ServeFlags & { check?: boolean; init?: string | true }) => {
      // Loaded here because it is large, and other commands don't need it.
      if (init !== undefined) {
        const { runServeInit } = await import('./run-serve-init.js');
        return runServeInit(flags, init === true ? INIT_FOLDER : init, io);
      }
      const { runServe } = await import('./run-serve.js');
      await runServe(flags, check ?? false, io);
    });
  return addExamples(command, [
    ['jamdev serve', 'use "serve" of jamsocket.config.json and the variables JAMDEV_SERVE_*'],
    ['jamdev serve --init registry --registry https://registry.example.com', 'set up the registry'],
    ['jamdev serve --check', 'check the database, the controller, the drones and their engines'],
  ]);
}
