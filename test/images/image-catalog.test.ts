import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Builder } from '../../src/builds/builder.js';
import type { MakeBuild } from '../../src/builds/make-build.js';
import { createReadEnvFiles } from '../../src/config/env-file.js';
import { type FindLocalImages, ImageCatalog } from '../../src/images/image-catalog.js';
import { Service } from '../../src/platform/services.js';
import { HandClock } from '../support/hand-clock.js';
import { makeProject } from '../support/project.js';
import { processService } from '../support/service.js';

const IMAGE = { repository: 'default', tag: 'mine', digest: 'sha256:m', since: new Date(0) };

/** Makes an image for each build without Docker. */
const makeImage: MakeBuild = async (_service, number) => {
  const image = { image: `jamdev/x:r-${number}`, digest: `sha256:${number}`, env: {} };
  return {
    build: { kind: 'container', number, ...image, network: undefined, init: undefined, platform: undefined },
    fingerprint: String(number),
    failure: '',
    lines: [],
  };
};

/** The catalog of a project with a missing env file. */
function makeCatalog(findLocal: FindLocalImages) {
  const cwd = makeProject();
  const config = {
    ...processService({ cwd }),
    envFiles: [{ path: join(cwd, 'gone.env'), named: true }],
  };
  const builder = new Builder([config], new HandClock(), makeImage);
  return {
    builder,
    catalog: new ImageCatalog(builder, findLocal, createReadEnvFiles()),
    service: new Service('default', 'default', new Date()),
  };
}

test('a build removed while local images are requested is not found', async () => {
  let answer: () => void = () => undefined;
  const { builder, catalog, service } = makeCatalog(() => new Promise((resolve) => (answer = () => resolve([]))));
  await builder.build('default', 'start');
  await builder.build('default', 'again');
  const oldest = builder.goodBuilds('default').at(-1);
  const finding = catalog.find(service, 'build-1');
  if (oldest !== undefined) builder.forget('default', oldest.build);
  answer();
  await expect(finding).rejects.toMatchObject({ code: 'ImageNotFound' });
});

test('the variables of a local image are read when it is chosen, not when it is listed', async () => {
  const { catalog, service } = makeCatalog(async () => [IMAGE]);
  expect(await catalog.list(service)).toEqual([IMAGE]);
  await expect(catalog.find(service, 'mine')).rejects.toMatchObject({ code: 'ConfigUnreadable', status: 503 });
});
