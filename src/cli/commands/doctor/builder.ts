import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import type { ServiceConfig } from '../../../config/service-config.js';
import { type DockerBuilder, findDockerBuilder } from '../../../docker-engine/docker-builder.js';
import type { Engine } from '../../../docker-engine/engine.js';
import { type BuildKitNeed, describeNeeds, findBuildKitNeeds } from '../../../images/buildkit-needs.js';
import { howToGetBuildKit } from '../../../images/image-build.js';
import { ignoreError } from '../../../os/debug/debug-log.js';
import { doctorErrors } from './doctor-errors.js';
import { type Finding, fine, trouble } from './finding.js';

const NAMES: Record<DockerBuilder, string> = {
  buildkit: 'BuildKit',
  classic: 'the classic builder',
  podman: "Podman's builder",
};

/** Checks whether the image builder supports the Dockerfiles of a project. */
export async function checkBuilder(engine: Engine, services: readonly ServiceConfig[]): Promise<Finding> {
  const builder = await findDockerBuilder(engine.endpoint.environment);
  const paths = services.flatMap((service) => (service.runtime === 'docker' ? [service.dockerfile] : []));
  const read = [...new Set(paths)].map(async (path) => {
    // A Dockerfile that can't be read is reported by the config check.
    const needs = findBuildKitNeeds(await readFile(path, 'utf8').catch(ignoreError('cli', 'reading a Dockerfile', '')));
    return { name: basename(path), needs };
  });
  return judgeBuilder(builder, await Promise.all(read));
}

/** Reports the builder, and the features of the Dockerfiles that it does not support. */
export function judgeBuilder(
  builder: DockerBuilder,
  dockerfiles: readonly { name: string; needs: readonly BuildKitNeed[] }[],
): Finding {
  const inNeed = dockerfiles.filter(({ needs }) => needs.length > 0);
  if (builder !== 'classic' || inNeed.length === 0) return fine('docker builder', NAMES[builder]);
  const what = inNeed.map(({ name, needs }) => `${name}: ${describeNeeds(needs)}`).join('; ');
  const fails = inNeed.some(({ needs }) => needs.some((need) => need.fails));
  return trouble(
    'docker builder',
    fails ? 'failure' : 'warning',
    doctorErrors.buildKitMissing(what, howToGetBuildKit()),
  );
}
