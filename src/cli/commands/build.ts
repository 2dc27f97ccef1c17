import { Command } from 'commander';
import type { ServiceBuild } from '../../contract/dev-endpoints.js';
import { findServer } from '../client/find-server.js';
import type { CommandIo } from '../io.js';
import { addDevServerOptions, addExamples, type ClientOptions } from '../option-values.js';
import { formatDuration } from '../terminal/duration.js';
import { Printed } from '../terminal/text.js';

/** `jamdev build`: rebuilds in the dev server, and waits for the outcome. */
export function buildCommand(io: CommandIo): Command {
  const command = new Command('build')
    .argument('[service]', 'the service to build (default: all)')
    .action(async (service: string | undefined, options: ClientOptions) => {
      const outcomes = await (await findServer(options, io.signal)).build(service);
      for (const outcome of outcomes) {
        if (outcome.result === 'failed') io.fail();
        if (options.json) io.json(outcome);
        else print(outcome, outcomes.length > 1, io);
      }
    });
  return addExamples(addDevServerOptions(command), [
    ['jamdev build', 'build all services, and roll out to running backends as onChange says'],
    ['jamdev build chat', 'only the service "chat"'],
    ['jamdev build --json', 'print the outcome as JSON'],
  ]);
}

/** @param named whether to include the name of the service */
function print(outcome: ServiceBuild, named: boolean, io: CommandIo): void {
  const build = `Build ${outcome.number}${named ? ` of ${outcome.service}` : ''}`;
  if (outcome.result === 'succeeded') {
    io.out(`${build} done in ${formatDuration(outcome.ms)}${outcome.unchanged ? ', nothing changed' : ''}.`);
  } else if (outcome.result === 'superseded') {
    io.out(`${build} was canceled: a newer build replaced it.`);
  } else {
    for (const line of outcome.lines) io.out(new Printed(line));
    io.err(`${build} failed (${outcome.failure}) after ${formatDuration(outcome.ms)}.`);
  }
}
