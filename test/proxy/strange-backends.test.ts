import { describe, expect, test } from 'vitest';
import { startServer } from '../support/dev-server.js';
import { fixture } from '../support/project.js';
import { waitFor } from '../support/wait.js';

const TLS = 'It answers on its port, but with TLS. Serve plain HTTP there';

describe('a backend that listens on its port without speaking HTTP', () => {
  test.each([
    ['https', TLS],
    ['https-http2', TLS],
    ['tls-refusing', TLS],
    ['https-go', TLS],
    ['http2', 'It answers on its port, but with HTTP/2. Serve HTTP/1.1 there'],
    ['ssh', 'It answers on its port, but not with HTTP: it sent "SSH-2.0-test\\u001b[31m\\r\\n". Serve HTTP there.'],
    ['echo', 'It answers on its port, but not with HTTP: it sent "HEAD / HTTP/1.1\\r\\nuser-agent: jamdev-read..."'],
    ['closing', 'It accepts connections on its port, but closes them without an answer.'],
  ])('is reported with what it does: %s', async (kind, reason) => {
    const server = await startServer({ command: `node ${fixture('strange-server.mjs')} ${kind}` });
    const { backend_id } = await server.connect();
    const backend = server.parts.platform.backend(backend_id);
    const notices: string[] = [];
    backend.events.on('notice', (text) => notices.push(text));
    await waitFor(() => notices.length > 0, 'a notice');
    expect(notices[0]?.slice(0, reason.length)).toBe(reason);
    // Backends that also answer in HTTP are ready on the platform, and so they are here.
    expect(backend.state.status).toBe(kind === 'https-go' ? 'ready' : 'waiting');
    expect(backend.silence).toBe(kind === 'https-go' ? undefined : notices[0]);
    expect(backend.log.lastRemark).toBe(notices[0]);
  });

  test('is not reported if it only starts slowly, or answers with an error', async () => {
    const slow = `setTimeout(() => require('http').createServer((q, r) => { r.statusCode = 400; r.end(); }).listen(process.env.PORT), 1500)`;
    const server = await startServer({ command: `node -e "${slow}"` });
    const { backend_id } = await server.connect();
    const backend = server.parts.platform.backend(backend_id);
    const notices: string[] = [];
    backend.events.on('notice', (text) => notices.push(text));
    await waitFor(() => backend.state.status === 'ready', 'it to be ready');
    expect(notices).toEqual([]);
  });
});
