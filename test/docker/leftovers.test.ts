import { expect, onTestFinished, test } from 'vitest';
import { removeImage } from '../../src/images/classic-stages.js';
import { removeLeftovers } from '../../src/images/leftovers.js';
import { DockerRuntime } from '../../src/runtime/docker/docker-runtime.js';
import { makeProject } from '../support/project.js';
import {
  buildTestImage,
  containersOf,
  describeDocker,
  docker,
  imagesOf,
  testEngine,
  useDockerRuntime,
} from './support.js';

const STATE = 'this machine, this project';

describeDocker('leftovers of dead dev servers in the engine', () => {
  const { start, project } = useDockerRuntime();

  test('are removed, but not those of a living one, of other projects or of other machines', async () => {
    const runtimeOf = (runId: string, of = project, stateId = STATE) =>
      new DockerRuntime({
        engine: testEngine(),
        project: of,
        stateId,
        owner: 'test@here',
        runId,
        volumes: ['/nonexistent'],
        controls: '/nonexistent',
      });
    const spawn = async (runtime: DockerRuntime) => {
      onTestFinished(() => runtime.close());
      return start('exec sleep 600', {}, { runtime });
    };
    const dead = [await spawn(runtimeOf('dead-1')), await spawn(runtimeOf('dead-1')), await spawn(runtimeOf('dead-2'))];
    const living = await spawn(runtimeOf('living'));
    const foreign = await spawn(runtimeOf('dead-1', project, 'another machine'));
    const renamed = await spawn(runtimeOf('dead-1', `${project}-old-name`));
    const stranger = await spawn(runtimeOf('dead-1', `${project}-2`, 'another project'));
    const stopped = await spawn(runtimeOf('dead-1'));
    await docker('stop', '--time', '0', `jamdev-${stopped.id}`).catch(() => undefined);
    await stopped.backend.exited;
    const network = `jamdev-test-${dead[0]?.id}`;
    const labels = ['--label', `dev.jamdev.project=${project}`, '--label', 'dev.jamdev.run=dead-1'];
    await docker('network', 'create', ...labels, network);
    const build = async (stateId: string) => {
      const folder = makeProject({ Dockerfile: 'FROM node:22-slim\nRUN echo left\n' });
      const name = await buildTestImage(folder, project, testEngine(), stateId);
      onTestFinished(async () => void (await removeImage(testEngine(), name)));
      return name;
    };
    const image = await build(STATE);
    const foreignImage = await build('another machine');

    const isAlive = (runId: string) => runId === 'living' || !/^(dead|build)-/.test(runId);
    expect(await imagesOf(project)).toContain(image);
    const remove = (isRunAlive: (runId: string) => boolean) =>
      removeLeftovers(testEngine(), { project, isRunAlive, stateId: STATE });
    expect(await remove((runId) => runId.startsWith('build-') || isAlive(runId))).toBe(4);
    await Promise.all([...dead, renamed].map(({ backend }) => backend.exited));
    const left = [living, foreign].map(({ id }) => docker('ps', '--quiet', '--filter', `name=jamdev-${id}`));
    expect((await containersOf(project)).sort()).toEqual((await Promise.all(left)).sort());
    expect(await containersOf(`${project}-2`)).toHaveLength(1);
    expect(await docker('network', 'ls', '--quiet', '--filter', `name=${network}`)).toBe('');
    expect(await imagesOf(project)).toContain(image);

    // A second run finds nothing more; once its own dev server counts as dead, the image is removed too.
    expect(await remove(isAlive)).toBe(0);
    expect(await imagesOf(project)).not.toContain(image);
    expect(await imagesOf(project)).toContain(foreignImage);
    living.backend.terminate(true);
    stranger.backend.terminate(true);
    foreign.backend.terminate(true);
  });
});
