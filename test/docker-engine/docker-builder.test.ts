import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { KnownBuilder } from '../../src/docker-engine/docker-builder.js';
import { makeTempFolder } from '../support/project.js';

/** A docker client that notes what it is asked for, and has buildx or not. */
function makeClient() {
  const folder = makeTempFolder();
  const [program, log, buildx] = ['docker', 'log', 'has-buildx'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  writeFileSync(
    program,
    `#!/bin/sh\necho "$1" >> '${log}'\nif [ "$1" = buildx ]; then exec test -e '${buildx}'; fi\necho '28.0.0 Engine,'\n`,
  );
  chmodSync(program, 0o755);
  return {
    environment: { PATH: `${folder}${delimiter}${process.env.PATH}` },
    asked: () => readFileSync(log, 'utf8').trim().split('\n').toSorted(),
    addBuildx: () => writeFileSync(buildx, ''),
  };
}

test('the client is asked for its builder once, and again after a failed build', async () => {
  vi.stubEnv('DOCKER_BUILDKIT', undefined);
  onTestFinished(() => void vi.unstubAllEnvs());
  const client = makeClient();
  const builder = new KnownBuilder(client.environment);
  expect(await Promise.all([builder.find(), builder.find()])).toEqual(['classic', 'classic']);
  expect(await builder.find()).toBe('classic');
  expect(client.asked()).toEqual(['buildx', 'version']);
  client.addBuildx();
  builder.forget();
  expect(await builder.find()).toBe('buildkit');
  expect(client.asked()).toEqual(['buildx', 'buildx', 'version', 'version']);
});
