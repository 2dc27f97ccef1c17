import { describe, expect, test } from 'vitest';
import type { ApiSuite, TestApi } from '../../support/api/test-api.js';

const TIME = expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);

/** Services and their environments, and the image that each runs. */
export const services: ApiSuite = (target) => {
  describe('HTTP API: services', () => {
    test('lists services and shows the details of one', async () => {
      const api = await target.open();
      expect(await api.get(`/v2/account/${api.account}/services`)).toEqual({ services: ['default', 'doc', 'chat'] });
      await useImage(api, 'chat/staging');
      const { backend_id: id } = await api.connect({ key: 'k' }, 'chat/staging');
      expect(await api.get(`/v2/backend/${id}`)).toMatchObject({ environment_name: 'staging' });
      const { host } = new URL(api.url);
      const environment = { image_tag: api.place.image, cluster: api.place.cluster, created_at: TIME };
      api.check('details.all', await api.get(`/v2/service/${api.account}/chat`), {
        name: 'chat',
        account_name: api.account,
        created_at: TIME,
        last_spawned_at: TIME,
        last_image_upload_time: TIME,
        last_image_digest: 'build-1',
        image_name: `${host}/${api.account}/chat`,
        environments: [
          { name: 'default', ...environment, last_spawned_at: null },
          { name: 'staging', ...environment, last_spawned_at: TIME },
        ],
      });
      expect(await api.get('/v2/service/-/doc')).toMatchObject({ name: 'doc', last_spawned_at: null });
      expect(await api.get(`/service/${api.account}/-/image-name`)).toEqual({
        status: 'ok',
        imageName: `${host}/${api.account}/default`,
      });
    });

    test('an unknown service gives 404 with the known names on every endpoint', async () => {
      const api = await target.open();
      const error = expect.objectContaining({
        status: 404,
        code: 'ServiceNotFound',
        message: 'There is no service "nope". Known services: default, doc, chat.',
      });
      for (const path of ['/v2/service/-/nope', '/v2/service/-/nope/images', '/service/-/nope/image-name']) {
        expect(await api.get(path), path).toEqual({ error });
      }
      for (const path of [
        ...['connect', 'staging/connect', 'delete'].map((what) => `/v2/service/-/nope/${what}`),
        '/service/-/nope/terminate-backends',
        '/user/-/service/nope/spawn',
      ]) {
        expect((await api.post(path)).json(), path).toMatchObject({ error });
      }
      for (const path of ['update', 'staging/update']) {
        const answer = await api.post(`/v2/service/-/nope/${path}`, { image_tag: api.place.image });
        expect(answer.json(), path).toMatchObject({ error });
      }
    });

    test('a new service is created, has nothing to run, and is deleted', async () => {
      const api = await target.open();
      const created = await api.post('/v2/account/-/service', { name: 'third' });
      expect(created).toMatchObject({ status: 200, text: '{"status":"ok"}' });
      expect(await api.get('/v2/account/-/services')).toEqual({ services: ['default', 'doc', 'chat', 'third'] });
      expect((await api.post('/v2/service/-/third/connect')).json()).toMatchObject({
        error: { status: 404, code: 'ImageNotFound', message: expect.stringContaining('has no image') },
      });
      for (const name of ['third', 'doc']) {
        const again = await api.post('/v2/account/-/service', { name });
        expect(again.json()).toMatchObject({ error: { status: 409, code: 'ServiceExists' } });
      }
      const deleted = await api.post('/v2/service/-/third/delete');
      expect(deleted).toMatchObject({ status: 200, text: '{"status":"ok"}' });
      expect(await api.get('/v2/account/-/services')).toEqual({ services: ['default', 'doc', 'chat'] });
    });

    test('a service from the config is not deleted', async () => {
      const api = await target.open();
      expect((await api.post('/v2/service/-/chat/delete')).json()).toMatchObject({
        error: { status: 409, code: 'ServiceConfigured' },
      });
    });

    test('a failed connect leaves no environment behind', async () => {
      const api = await target.open();
      const path = '/v2/service/-/doc/staging/connect';
      expect((await api.post(path, { key: 'k', spawn: false })).status).toBe(409);
      expect((await api.post(path, { spawn: { tag: 'nope' } })).status).toBe(404);
      expect(await api.get('/v2/service/-/doc')).toMatchObject({
        last_spawned_at: null,
        environments: [{ name: 'default', last_spawned_at: null }],
      });
    });
  });

  describe('HTTP API: images', () => {
    test('an unknown tag gives 404 and starts nothing', async () => {
      const api = await target.open();
      for (const [path, body] of [
        ['/v2/service/-/chat/connect', { spawn: { tag: 'nope' } }],
        ['/user/-/service/chat/spawn', { tag: 'nope' }],
      ] as const) {
        expect((await api.post(path, body)).json(), path).toMatchObject({
          error: {
            status: 404,
            code: 'ImageNotFound',
            message: expect.stringContaining('The service "chat" has no image with the tag "nope".'),
          },
        });
      }
      expect(await api.place.spawned()).toEqual([]);
    });

    test('the holder of a key is returned whatever the tag, because nothing has to start', async () => {
      const api = await target.open();
      const { backend_id } = await api.connect({ key: 'k' }, 'doc');
      const again = await api.connect({ key: 'k', spawn: { tag: 'nope' } }, 'doc');
      expect(again).toMatchObject({ backend_id, spawned: false });
    });

    test('an environment switches to an existing image', async () => {
      const api = await target.open();
      await useImage(api, 'doc/staging');
      const unnamed = await api.post('/v2/service/-/doc/staging/update', {});
      expect(unnamed.json()).toMatchObject({ error: { status: 400, code: 'InvalidRequest' } });
      const unknown = await api.post('/v2/service/-/doc/staging/update', { image_tag: 'nope' });
      api.check('unknown.status', unknown.status, 404);
    });
  });
};

async function useImage(api: TestApi, environment: string): Promise<void> {
  const answer = await api.post(`/v2/service/-/${environment}/update`, { image_tag: api.place.image });
  expect(answer.status, answer.text).toBe(200);
}
