import { describe, expect, test } from 'vitest';
import type { ApiSuite } from '../../support/api/test-api.js';

/** Ends all backends of a service. */
export const terminateBackends: ApiSuite = (target) => {
  describe('HTTP API: terminate-backends', () => {
    test('ends the backends of that service softly, and leaves those of other services', async () => {
      const api = await target.open();
      const [first, second, chat] = await Promise.all([
        api.connectUntilReady({}, 'doc'),
        api.connectUntilReady({ key: 'k' }, 'doc'),
        api.connectUntilReady({ key: 'k' }, 'chat'),
      ]);
      const answer = await api.post(`/service/${api.account}/doc/terminate-backends`);
      expect(answer.text).toBe('{"backend_count":2,"terminated_count":2,"is_complete":true}');
      for (const { backend_id: id } of [first, second]) {
        await api.untilStatus(id, 'terminated');
        expect(await api.status(id)).toMatchObject({ termination_reason: 'external', termination_kind: 'soft' });
      }
      expect(await api.running()).toEqual([chat.backend_id]);
      // No backend is left to end, and no body is needed.
      const again = await api.send('/service/-/doc/terminate-backends', { method: 'POST' });
      expect(again.json()).toEqual({ backend_count: 0, terminated_count: 0, is_complete: true });
    });

    test('"-" is the default service, and a soft termination can be made hard', async () => {
      const api = await target.open();
      const { backend_id: id } = await api.connectUntilReady({ life: { onSigterm: 'ignore' } });
      const soft = await api.post('/service/-/default/terminate-backends', { hard: false });
      expect(soft.json()).toMatchObject({ backend_count: 1, terminated_count: 1 });
      const hard = await api.post('/service/-/-/terminate-backends', { hard: true });
      expect(hard.json()).toEqual({ backend_count: 1, terminated_count: 1, is_complete: true });
      await api.untilStatus(id, 'terminated');
      expect(await api.status(id)).toMatchObject({ termination_reason: 'external', termination_kind: 'hard' });
    });

    test('before spares backends created at that time or later', async () => {
      const api = await target.open();
      const { backend_id: older } = await api.connectUntilReady({ key: 'older' });
      const { backend_id: newer } = await api.connectUntilReady({ key: 'newer' });
      const createdAt = async (id: string) => (await api.get<{ created_at: string }>(`/v2/backend/${id}`)).created_at;
      const end = async (body: object) => (await api.post('/service/-/-/terminate-backends', body)).json();
      expect(await end({ before: await createdAt(older) })).toEqual({
        backend_count: 0,
        terminated_count: 0,
        is_complete: true,
      });
      expect(await end({ before: '1970-01-01T00:00:00+01:00' })).toMatchObject({ backend_count: 0 });
      expect(await end({ before: await createdAt(newer) })).toEqual({
        backend_count: 1,
        terminated_count: 1,
        is_complete: true,
      });
      await api.untilStatus(older, 'terminated');
      expect(await api.running()).toEqual([newer]);
      expect(await end({ before: '2999-12-31T23:59:59.999-12:00' })).toMatchObject({ terminated_count: 1 });
    });

    test('dry_run only counts', async () => {
      const api = await target.open();
      const { backend_id: id } = await api.connect();
      const answer = await api.post('/service/-/-/terminate-backends', { dry_run: true, hard: true });
      expect(answer.json()).toEqual({ backend_count: 1, terminated_count: 0, is_complete: false });
      await api.untilStatus(id, 'ready');
      expect(await api.status(id)).toMatchObject({ status: 'ready' });
    });
  });
};
