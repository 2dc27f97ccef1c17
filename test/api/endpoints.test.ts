import { describe, expect, test } from 'vitest';
import { onDev } from '../support/api/dev-api.js';
import { startServer, untilStatus } from '../support/dev-server.js';
import { post, send } from '../support/http.js';
import { endpoints } from './suites/endpoints.js';

onDev(endpoints);

describe('HTTP API: on a dev server alone', () => {
  test('without services in the config, every service name is accepted', async () => {
    const server = await startServer();
    const connect = (service: string) => post(`${server.apiUrl}/v2/service/a/${service}/connect`, { key: 'same' });
    const ids = await Promise.all(
      ['-', 'default', 'chat', 'doc%20s', 'chat/staging'].map(
        async (service) => (await connect(service)).json().backend_id,
      ),
    );
    expect(ids[0]).toBe(ids[1]);
    expect(ids[2]).toBe(ids[4]);
    expect(new Set(ids).size).toBe(3);
    expect((await send(`${server.apiUrl}/v2/backend/${ids[3]}`)).json()).toMatchObject({ service_name: 'doc s' });
  });

  test('a backend that waits for its build ends too', async () => {
    const server = await startServer({ build: 'sleep 30' });
    const { backend_id: id } = await server.connect();
    await untilStatus(server, id, 'loading');
    await post(`${server.apiUrl}/v2/backend/${id}/terminate`, {});
    const backend = await untilStatus(server, id, 'terminated');
    expect(backend.history.map(({ status }) => status)).toEqual(['scheduled', 'loading', 'terminating', 'terminated']);
  });
});
