import { expect, test } from 'vitest';
import type { Engine } from '../../../src/docker-engine/engine.js';
import { Container } from '../../../src/runtime/docker/container.js';
import type { ContainerEvents, ContainerListener } from '../../../src/runtime/docker/container-events.js';
import type { SpawnRequest } from '../../../src/runtime/runtime.js';
import { waitFor } from '../../support/wait.js';

/** A container of an engine that answers kills too late, or nothing at all. */
function start({ answers }: { answers: boolean }) {
  const late = () => Promise.reject(new Error('no answer in time'));
  let kills = 0;
  const engine = {
    link: undefined,
    request: (_method: string, path: string) => {
      if (path.endsWith('/kill')) kills += 1;
      return late();
    },
    now: () => (answers ? Promise.resolve(0) : late()),
  };
  const heard: ContainerListener[] = [];
  const events = {
    listen: (_id: string, listener: ContainerListener) => {
      heard.push(listener);
      return () => undefined;
    },
  };
  const request = { onOutput: () => undefined } as unknown as SpawnRequest;
  const container = new Container(
    'id',
    'name',
    request,
    engine as unknown as Engine,
    events as unknown as ContainerEvents,
  );
  const die = () => heard[0]?.died({ exitCode: 137, engineMs: 0 });
  return { container, die, kills: () => kills };
}

test('a container is not lost if the engine takes long to kill it', async () => {
  const { container, die, kills } = start({ answers: true });
  container.terminate(true);
  await waitFor(() => kills() >= 2, 'another attempt');
  expect(container.isDead).toBe(false);
  die();
  expect(await container.end()).toEqual({ exitCode: 137, outOfMemory: false, onItsOwn: false });
});

test('a container is lost if the engine answers nothing at all', async () => {
  const { container } = start({ answers: false });
  container.terminate(true);
  expect(await container.end()).toMatchObject({ exitCode: undefined });
});
