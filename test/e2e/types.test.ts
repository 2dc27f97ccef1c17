import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isBackendState, isConnectResponse } from '@jamsocket/types';
import { describe, expect, test } from 'vitest';
import { terminationKindSchema, terminationReasonSchema } from '../../src/contract/status.js';
import { toPublicStatus } from '../../src/platform/status-formats.js';
import { type DevRun, startDev } from '../support/cli.js';
import { openStream, post, send } from '../support/http.js';
import { fixture, makeProject } from '../support/project.js';
import { waitFor } from '../support/wait.js';

// `@jamsocket/types` is what the official libraries check every answer with. It has to accept everything that is sent
// over the whole life of a backend, wherever a client may read it.

const ECHO = `node ${fixture('echo-server.mjs')}`;
const STUBBORN = `node ${fixture('family.mjs')} stubborn`;
const LIVELY = ['scheduled', 'loading', 'starting', 'waiting', 'ready'];

interface Connected {
  backend_id: string;
  url: string;
}

interface State {
  status: string;
  time: string;
  [more: string]: unknown;
}

/** How a backend lives and ends. */
interface Life {
  command: string;
  args?: string[];
  body?: object;
  /** Causes the end. */
  act?: (dev: DevRun, connected: Connected) => Promise<unknown>;
  /** Ends at a fixed time: on a slow machine it may not be ready by then. */
  endsInTime?: boolean;
  /** If it ends at a fixed time, only the last ones. */
  statuses: string[];
  /** What its last status contains besides `status` and `time`. */
  end: object;
}

const terminate =
  (hard: boolean) =>
  (dev: DevRun, { backend_id }: Connected) =>
    post(`${dev.apiUrl}/v2/backend/${backend_id}/terminate`, { hard });

const LIVES: Record<string, Life> = {
  'ended softly': {
    command: ECHO,
    act: terminate(false),
    statuses: [...LIVELY, 'terminating', 'terminated'],
    end: { termination_reason: 'external', termination_kind: 'soft', exit_error: true },
  },
  'has a static token': {
    command: ECHO,
    args: ['--use-static-token'],
    act: terminate(false),
    statuses: [...LIVELY, 'terminating', 'terminated'],
    end: { termination_reason: 'external', termination_kind: 'soft', exit_error: true },
  },
  'ended by force': {
    command: ECHO,
    act: terminate(true),
    statuses: [...LIVELY, 'hard-terminating', 'terminated'],
    end: { termination_reason: 'external', termination_kind: 'hard', exit_error: true },
  },
  'ended by force, as it did not heed the soft way': {
    command: STUBBORN,
    act: async (dev, connected) => {
      await waitFor(() => dev.stdout().includes('pids '), 'it to run');
      await terminate(false)(dev, connected);
      await terminate(true)(dev, connected);
    },
    statuses: ['scheduled', 'loading', 'starting', 'waiting', 'terminating', 'hard-terminating', 'terminated'],
    end: { termination_reason: 'external', termination_kind: 'hard', exit_error: true },
  },
  'swept when idle': {
    command: ECHO,
    body: { spawn: { max_idle_seconds: 2 } },
    endsInTime: true,
    statuses: ['terminating', 'terminated'],
    end: { termination_reason: 'swept', termination_kind: 'soft', exit_error: expect.any(Boolean) },
  },
  'swept when its time was over': {
    command: ECHO,
    body: { spawn: { lifetime_limit_seconds: 2 } },
    endsInTime: true,
    statuses: ['terminating', 'terminated'],
    end: { termination_reason: 'swept', termination_kind: 'soft', exit_error: expect.any(Boolean) },
  },
  crashed: {
    command: ECHO,
    act: (_, { url }) => send(`${url}crash`).catch(() => undefined),
    statuses: [...LIVELY, 'terminated'],
    end: { exit_error: true },
  },
  'exited in order': {
    command: ECHO,
    act: (_, { url }) => send(`${url}crash?code=0`).catch(() => undefined),
    statuses: [...LIVELY, 'terminated'],
    end: { exit_error: false },
  },
  'ended before it answered': {
    command: `node ${fixture('print.mjs')} last-words`,
    statuses: ['scheduled', 'loading', 'starting', 'waiting', 'terminated'],
    end: { exit_error: true },
  },
  'never started, as there is no such command': {
    command: 'no-such-program',
    statuses: ['scheduled', 'loading', 'starting', 'terminated'],
    end: { exit_error: true },
  },
  'never started, as its first build failed': {
    command: ECHO,
    args: ['--no-watch', '--build', 'while [ ! -e go ]; do sleep 0.05; done; exit 1'],
    act: async ({ folder }) => writeFileSync(join(folder, 'go'), ''),
    statuses: ['scheduled', 'loading', 'terminated'],
    end: { exit_error: true },
  },
};

/** Polls continuously until a backend has ended. @returns every answer, in order */
async function watch(dev: DevRun, id: string): Promise<State[]> {
  const seen: State[] = [];
  await waitFor(async () => {
    const listed = (await send(`${dev.apiUrl}/v2/account/-/backends`)).json<{
      running_backends: { id: string; status: State }[];
    }>();
    const status = (await send(`${dev.apiUrl}/v2/backend/${id}/status`)).json<State>();
    seen.push(...listed.running_backends.filter((row) => row.id === id).map((row) => row.status), status);
    return status.status === 'terminated';
  }, 'its end');
  return seen;
}

describe('Official clients: @jamsocket/types', () => {
  describe('isConnectResponse and isBackendState accept every answer about a backend that', () => {
    test.each(Object.entries(LIVES))(
      '%s',
      async (_, { command, args = [], body = {}, act, endsInTime, statuses, end }) => {
        const dev = await startDev(makeProject(), ['--command', command, ...args]);
        const connectUrl = `${dev.apiUrl}/v2/service/-/-/connect`;
        const first = (await post(connectUrl, { key: 'doc-1', user: 'ann', ...body })).json<Connected>();
        expect(first).toSatisfy(isConnectResponse);
        const { backend_id } = first;
        const stream = await openStream(`${dev.apiUrl}/v2/backend/${backend_id}/status/stream`);
        const polled = watch(dev, backend_id);
        // Returns the holder of the key, in any status, or a new backend if the holder is gone.
        const again = (await post(connectUrl, { key: 'doc-1', ...body })).json();
        if ('error' in again) expect(again).not.toSatisfy(isConnectResponse);
        else expect(again).toSatisfy(isConnectResponse);

        if (statuses.includes('ready'))
          await waitFor(() => stream.chunks.join('').includes('"ready"'), 'it to be ready');
        await act?.(dev, first);
        await stream.ended;
        const streamed = stream.chunks
          .join('')
          .split('\n\n')
          .filter((event) => event !== '')
          .map((event): State => JSON.parse(event.replace(/^data: /, '')));
        const names = streamed.map(({ status }) => status);
        const early = endsInTime ? LIVELY.filter((status) => names.includes(status)) : [];
        expect(names).toEqual([...early, ...statuses]);
        expect(streamed.at(-1)).toEqual({ status: 'terminated', time: expect.any(String), ...end });
        const late = await openStream(`${dev.apiUrl}/v2/backend/${backend_id}/status/stream`);
        await late.ended;
        expect(late.chunks.join('')).toBe(stream.chunks.join(''));
        const info = (await send(`${dev.apiUrl}/v2/backend/${backend_id}`)).json<{ statuses: State[] }>();
        for (const state of [...streamed, ...(await polled), ...info.statuses]) expect(state).toSatisfy(isBackendState);
      },
    );

    test('cannot exist because its build has failed', async () => {
      const dev = await startDev(makeProject(), ['--command', ECHO, '--build', 'exit 1']);
      await waitFor(() => dev.stdout().includes('failed (exit code 1)'), 'the failure');
      const { status, json } = await post(`${dev.apiUrl}/v2/service/-/-/connect`, {});
      expect(status).toBe(503);
      expect(json()).toMatchObject({ error: { code: 'BuildFailed', status: 503 } });
      expect(json()).not.toSatisfy(isConnectResponse);
    });
  });

  test('isBackendState accepts every reason for either kind of end', () => {
    const time = new Date();
    for (const reason of terminationReasonSchema.options) {
      const ending = (['terminating', 'hard-terminating'] as const).map((status) => ({ status, time, reason }));
      const ended = terminationKindSchema.options.flatMap((kind) =>
        [null, 0, 137].map((exitCode) => {
          const base = {
            status: 'terminated' as const,
            time,
            exitCode,
            exitSignal: null,
            lastStatus: 'ready' as const,
          };
          return { ...base, reason, kind };
        }),
      );
      for (const state of [...ending, ...ended]) expect(toPublicStatus(state)).toSatisfy(isBackendState);
    }
  });
});
