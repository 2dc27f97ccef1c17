import { describe, expect, test } from 'vitest';
import { onDev } from '../support/api/dev-api.js';
import { startServer } from '../support/dev-server.js';
import { post, send } from '../support/http.js';
import { fixture, makeProject } from '../support/project.js';
import { services } from './suites/services.js';

const ECHO = `node ${fixture('echo-server.mjs')}`;
const TIME = /^\d{4}-\d\d-\d\dT[\d:.]+Z$/;

/** A dev server with two services. */
async function startTwo() {
  const folder = makeProject({
    'jamsocket.config.json': {
      // Nothing is watched, so every build counts as different.
      services: { doc: { command: ECHO, watch: false, onChange: 'terminate' }, chat: { command: ECHO, watch: false } },
    },
  });
  const server = await startServer({ folder, command: undefined });
  const get = async (path: string) => (await send(`${server.apiUrl}${path}`)).json();
  const call = async (path: string, body: unknown = {}) => {
    const { status, text } = await post(`${server.apiUrl}${path}`, body);
    return { status, body: JSON.parse(text) };
  };
  return { server, get, call };
}

onDev(services);

describe('HTTP API: services, on a dev server alone', () => {
  test('a service with running backends is not deleted', async () => {
    const { apiUrl, parts } = await startServer();
    await post(`${apiUrl}/v2/service/-/other/connect`, {});
    expect((await post(`${apiUrl}/v2/service/-/other/delete`, {})).json()).toMatchObject({
      error: { status: 409, code: 'ServiceInUse' },
    });
    await parts.platform.terminateAll(true);
    expect((await post(`${apiUrl}/v2/service/-/other/delete`, {})).status).toBe(200);
  });

  test('a failed connect leaves no service and no environment behind', async () => {
    const { apiUrl } = await startServer();
    for (const path of ['whiteboard/connect', 'whiteboard/staging/connect', '-/staging/connect']) {
      expect((await post(`${apiUrl}/v2/service/-/${path}`, { key: 'k', spawn: false })).status).toBe(409);
      expect((await post(`${apiUrl}/v2/service/-/${path}`, { spawn: { tag: 'nope' } })).status).toBe(404);
    }
    expect((await send(`${apiUrl}/v2/account/-/services`)).json()).toEqual({ services: ['default'] });
    expect((await send(`${apiUrl}/v2/service/-/-`)).json()).toMatchObject({ environments: [{ name: 'default' }] });
    await post(`${apiUrl}/v2/service/-/whiteboard/staging/connect`, {});
    expect((await send(`${apiUrl}/v2/account/-/services`)).json()).toEqual({ services: ['default', 'whiteboard'] });
  });
});

// Only a dev server builds images itself.
describe('HTTP API: images, on a dev server alone', () => {
  test('builds are listed as images: the newest is "latest", and a tag selects one', async () => {
    const { server, get, call } = await startTwo();
    const image = (tag: string, digest: string) =>
      expect.objectContaining({ repository: 'chat', tag, digest, upload_time: expect.stringMatching(TIME) });
    expect(await get('/v2/service/-/chat/images')).toEqual({
      images: [image('latest', 'build-1'), image('build-1', 'build-1')],
    });
    await server.build('test');
    // Builds of child processes overwrite each other.
    expect(await get('/v2/service/-/chat/images')).toEqual({
      images: [image('latest', 'build-2'), image('build-2', 'build-2')],
    });
    for (const tag of ['latest', 'build-2', null]) {
      expect(await call('/v2/service/-/chat/connect', { spawn: { tag } })).toMatchObject({ status: 200 });
    }
    const unknown = {
      status: 404,
      body: {
        error: {
          code: 'ImageNotFound',
          message:
            'The service "chat" has no image with the tag "build-1". Known tags: latest, build-2. Your own tags need backends that run in Docker.',
        },
      },
    };
    expect(await call('/v2/service/-/chat/connect', { spawn: { tag: 'build-1' } })).toMatchObject(unknown);
    expect(await call('/user/-/service/chat/spawn', { tag: 'build-1' })).toMatchObject(unknown);
    expect(await get('/v2/account/-/backends')).toMatchObject({ running_backends: { length: 3 } });
  });

  test('an environment keeps its chosen image through new builds, and so do its backends', async () => {
    const { server, get, call } = await startTwo();
    expect(await call('/v2/service/-/doc/staging/update', { image_tag: 'nope' })).toMatchObject({ status: 404 });
    expect(await call('/v2/service/-/doc/staging/update', {})).toMatchObject({ status: 400 });
    expect(await call('/v2/service/-/doc/staging/update', { image_tag: 'build-1' })).toMatchObject({ status: 200 });
    const pinned = (await call('/v2/service/-/doc/staging/connect', { key: 'pinned' })).body;
    const free = (await call('/v2/service/-/doc/connect', { key: 'free' })).body;
    await server.build('test');
    await server.parts.platform.backend(free.backend_id).gone;
    expect(await get(`/v2/backend/${pinned.backend_id}/status`)).not.toHaveProperty('termination_reason');
    expect(await get(`/v2/backend/${pinned.backend_id}`)).toMatchObject({
      environment_name: 'staging',
      image_digest: 'build-1',
    });
    // The files of that build are gone: no new backend can start from it, and the answer suggests an alternative.
    expect(await call('/v2/service/-/doc/staging/connect')).toMatchObject({ status: 404 });
    expect(await call('/v2/service/-/doc/staging/update', { image_tag: 'latest' })).toMatchObject({ status: 200 });
    expect(await call('/v2/service/-/doc/staging/connect')).toMatchObject({ status: 200 });
  });
});
