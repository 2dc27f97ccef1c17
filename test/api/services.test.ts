import { describe, expect, test } from 'vitest';
import { startServer } from '../support/dev-server.js';
import { post, send } from '../support/http.js';
import { fixture, makeProject } from '../support/project.js';

const ECHO = `node ${fixture('echo-server.mjs')}`;
const TIME = /^\d{4}-\d\d-\d\dT[\d:.]+Z$/;

/** A dev server with two services. */
async function startTwo() {
  const folder = makeProject({
    'jamsocket.config.json': {
      // Of what is not watched, each build counts as another one.
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

describe('HTTP API: services', () => {
  test('the list, and the details of one', async () => {
    const { server, get, call } = await startTwo();
    expect(await get('/v2/account/acme/services')).toEqual({ services: ['doc', 'chat'] });
    await call('/v2/service/acme/chat/staging/connect', { key: 'k' });
    const host = new URL(server.apiUrl).host;
    expect(await get('/v2/service/acme/chat')).toEqual({
      name: 'chat',
      account_name: 'acme',
      created_at: expect.stringMatching(TIME),
      last_spawned_at: expect.stringMatching(TIME),
      last_image_upload_time: expect.stringMatching(TIME),
      last_image_digest: 'build-1',
      image_name: `${host}/acme/chat`,
      environments: [
        {
          name: 'default',
          image_tag: 'latest',
          cluster: 'localhost',
          created_at: expect.stringMatching(TIME),
          last_spawned_at: null,
        },
        {
          name: 'staging',
          image_tag: 'latest',
          cluster: 'localhost',
          created_at: expect.stringMatching(TIME),
          last_spawned_at: expect.stringMatching(TIME),
        },
      ],
    });
    expect(await get('/v2/service/acme/doc')).toMatchObject({ name: 'doc', last_spawned_at: null });
    expect(await get('/service/-/-/image-name')).toEqual({ status: 'ok', imageName: `${host}/local/doc` });
  });

  test('an unknown one is 404 with the known names, wherever it is named', async () => {
    const { get, call } = await startTwo();
    const error = expect.objectContaining({
      status: 404,
      code: 'ServiceNotFound',
      message: 'There is no service "nope". Known services: doc, chat.',
    });
    for (const path of ['/v2/service/-/nope', '/v2/service/-/nope/images', '/service/-/nope/image-name']) {
      expect(await get(path)).toEqual({ error });
    }
    for (const path of ['connect', 'delete', 'staging/connect']) {
      expect(await call(`/v2/service/-/nope/${path}`)).toEqual({ status: 404, body: { error } });
    }
    expect(await call('/v2/service/-/nope/update', { image_tag: 'latest' })).toMatchObject({ body: { error } });
    expect(await call('/user/-/service/nope/spawn')).toMatchObject({ body: { error } });
  });

  test('one is created, has nothing to run of its own, and is deleted', async () => {
    const { get, call } = await startTwo();
    expect(await call('/v2/account/-/service', { name: 'third' })).toEqual({ status: 200, body: { status: 'ok' } });
    expect(await get('/v2/account/-/services')).toEqual({ services: ['doc', 'chat', 'third'] });
    expect(await call('/v2/service/-/third/connect')).toMatchObject({
      status: 404,
      body: { error: { code: 'ImageNotFound', message: expect.stringContaining('It has none yet.') } },
    });
    expect(await call('/v2/account/-/service', { name: 'third' })).toMatchObject({ status: 409 });
    expect(await call('/v2/service/-/third/delete')).toEqual({ status: 200, body: { status: 'ok' } });
    expect(await get('/v2/account/-/services')).toEqual({ services: ['doc', 'chat'] });
  });

  test('one of the config, or with running backends, is not deleted', async () => {
    const { call } = await startTwo();
    expect(await call('/v2/service/-/chat/delete')).toMatchObject({
      status: 409,
      body: { error: { code: 'ServiceConfigured' } },
    });
    const single = await startServer();
    await post(`${single.apiUrl}/v2/service/-/other/connect`, {});
    expect((await post(`${single.apiUrl}/v2/service/-/other/delete`, {})).json()).toMatchObject({
      error: { status: 409, code: 'ServiceInUse' },
    });
    await single.parts.platform.terminateAll(true);
    expect((await post(`${single.apiUrl}/v2/service/-/other/delete`, {})).status).toBe(200);
  });
});

test('a connect that fails leaves no service and no environment behind', async () => {
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

describe('HTTP API: images', () => {
  test('builds are images: the newest is "latest", and a tag chooses one', async () => {
    const { server, get, call } = await startTwo();
    const image = (tag: string, digest: string) =>
      expect.objectContaining({ repository: 'chat', tag, digest, upload_time: expect.stringMatching(TIME) });
    expect(await get('/v2/service/-/chat/images')).toEqual({
      images: [image('latest', 'build-1'), image('build-1', 'build-1')],
    });
    await server.build('test');
    // Builds of child processes write over each other.
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
            'The service "chat" has no image with the tag "build-1". Known tags: latest, build-2. Tags of your own need backends that run in Docker.',
        },
      },
    };
    expect(await call('/v2/service/-/chat/connect', { spawn: { tag: 'build-1' } })).toMatchObject(unknown);
    expect(await call('/user/-/service/chat/spawn', { tag: 'build-1' })).toMatchObject(unknown);
    expect(await get('/v2/account/-/backends')).toMatchObject({ running_backends: { length: 3 } });
  });

  test('a holder is returned whatever the tag, as nothing is to be started', async () => {
    const { call } = await startTwo();
    const { body } = await call('/v2/service/-/doc/connect', { key: 'k' });
    expect(await call('/v2/service/-/doc/connect', { key: 'k', spawn: { tag: 'nope' } })).toMatchObject({
      status: 200,
      body: { backend_id: body.backend_id, spawned: false },
    });
  });

  test('an environment keeps to the image it was told to use, and its backends through new builds', async () => {
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
    // The files of that build are gone: nothing new can start from it, and the answer says what can.
    expect(await call('/v2/service/-/doc/staging/connect')).toMatchObject({ status: 404 });
    expect(await call('/v2/service/-/doc/staging/update', { image_tag: 'latest' })).toMatchObject({ status: 200 });
    expect(await call('/v2/service/-/doc/staging/connect')).toMatchObject({ status: 200 });
  });
});
