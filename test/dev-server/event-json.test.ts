import { expect, test } from 'vitest';
import type { ServiceConfig } from '../../src/config/service-config.js';
import { toEventJson } from '../../src/dev-server/event-json.js';
import type { DevServerEvent } from '../../src/dev-server/events.js';
import type { BackendLog } from '../../src/logs/backend-log.js';
import type { Backend } from '../../src/platform/backend.js';

const TIME = new Date('2026-01-02T03:04:05.678Z');
const service = {
  name: 'chat',
  root: '/app',
  watch: ['/app'],
  onChange: 'restart',
} as Partial<ServiceConfig> as ServiceConfig;
const backend = {
  id: 'b1',
  identity: { key: 'doc', service: { name: 'chat' } },
  state: { status: 'scheduled', time: TIME },
  explanation: 'replaced by build 2 (key b)',
} as unknown as Backend;
const log = { owner: { backendId: 'b1', key: 'doc' }, folder: '/logs/b1' } as BackendLog;
const ABOUT = { backend: 'b1', key: 'doc', service: 'chat' };

type Cases = { [T in DevServerEvent['type']]: [event: Extract<DevServerEvent, { type: T }>, json: unknown[]] };

/** One event of every type: a new type does not compile without one here. */
const CASES: Cases = {
  'backend-spawned': [
    { type: 'backend-spawned', backend },
    [{ event: 'status', ...ABOUT, status: 'scheduled', time: TIME.toISOString() }],
  ],
  'backend-state': [
    {
      type: 'backend-state',
      backend,
      state: {
        status: 'terminated',
        time: TIME,
        exitCode: 1,
        exitSignal: null,
        lastStatus: 'ready',
        reason: 'external',
        kind: 'soft',
      },
    },
    [
      {
        event: 'status',
        ...ABOUT,
        status: 'terminated',
        time: TIME.toISOString(),
        termination_reason: 'external',
        termination_kind: 'soft',
        exit_error: true,
        exit_code: 1,
        exit_signal: null,
        explanation: 'replaced by build 2 (key b)',
      },
    ],
  ],
  'backend-notice': [
    { type: 'backend-notice', backend, text: 'It is silent.' },
    [{ event: 'notice', ...ABOUT, text: 'It is silent.' }],
  ],
  'backend-restarting': [
    { type: 'backend-restarting', backend, build: 2, explanation: 'why' },
    [{ event: 'restarting', ...ABOUT, build: 2, explanation: 'why' }],
  ],
  'backend-restarted': [{ type: 'backend-restarted', backend, build: 2 }, [{ event: 'restarted', ...ABOUT, build: 2 }]],
  output: [
    { type: 'output', log, source: 'stderr', lines: [Buffer.from('ä'), Buffer.from('')] },
    [
      { event: 'log', backend: 'b1', key: 'doc', source: 'stderr', text: 'ä' },
      { event: 'log', backend: 'b1', key: 'doc', source: 'stderr', text: '' },
    ],
  ],
  'unfinished-output': [{ type: 'unfinished-output', log, source: 'stdout', text: 'prompt> ' }, []],
  'logs-failed': [
    { type: 'logs-failed', log, error: Object.assign(new Error('no'), { code: 'ENOSPC' }) },
    [{ event: 'disk-problem', backend: 'b1', message: expect.stringContaining('/logs/b1') }],
  ],
  'logs-recovered': [
    { type: 'logs-recovered' },
    [{ event: 'message', about: 'logs-recovered', text: expect.stringContaining('written again') }],
  ],
  'build-started': [
    { type: 'build-started', service: 'chat', number: 1, reason: 'start', command: undefined },
    [{ event: 'build-started', service: 'chat', number: 1, reason: 'start', command: null }],
  ],
  'build-line': [
    { type: 'build-line', service: 'chat', line: 'x' },
    [{ event: 'build-line', service: 'chat', text: 'x' }],
  ],
  'build-ended': [
    { type: 'build-ended', service: 'chat', outcome: { result: 'succeeded', number: 1, ms: 7 }, command: 'tsc' },
    [{ event: 'build-ended', service: 'chat', result: 'succeeded', number: 1, ms: 7 }],
  ],
  'build-rolled-out': [
    { type: 'build-rolled-out', service, number: 2, backends: 3 },
    [{ event: 'rolled-out', service: 'chat', on_change: 'restart', build: 2, backends: 3 }],
  ],
  'watch-failed': [
    { type: 'watch-failed', service, error: new Error('EMFILE') },
    [{ event: 'watch-problem', service: 'chat', message: 'EMFILE' }],
  ],
  'import-not-watched': [
    { type: 'import-not-watched', service, file: '/lib/a.js', toWatch: '/lib', isProgram: false },
    [{ event: 'message', about: 'import-not-watched', text: expect.stringContaining('"watch": [".", "../lib"]') }],
  ],
  'output-learned': [
    { type: 'output-learned', service, file: 'out.js', writtenBy: 'build' },
    [{ event: 'message', about: 'output-learned', text: expect.stringContaining('out.js') }],
  ],
  'backend-writes': [
    { type: 'backend-writes', service, pattern: '/data.db' },
    [{ event: 'message', about: 'backend-writes', text: expect.stringContaining('data.db') }],
  ],
  'file-unfinished': [
    { type: 'file-unfinished', service, path: 'out.log', pid: 7, program: 'tee' },
    [{ event: 'message', about: 'file-unfinished', text: expect.stringContaining('"out.log"') }],
  ],
  'config-needs-restart': [
    { type: 'config-needs-restart', file: 'jamsocket.config.json', what: ['port'] },
    [{ event: 'message', about: 'config-needs-restart', text: expect.stringContaining('port') }],
  ],
  'config-rejected': [
    { type: 'config-rejected', error: { sentence: 'It is broken.' } as never },
    [{ event: 'message', about: 'config-rejected', text: expect.stringContaining('It is broken.') }],
  ],
  'page-called-api': [
    { type: 'page-called-api', origin: 'http://localhost:3000' },
    [{ event: 'message', about: 'page-called-api', text: expect.stringContaining('http://localhost:3000') }],
  ],
  notice: [{ type: 'notice', text: 'Moved.' }, [{ event: 'message', about: 'notice', text: 'Moved.' }]],
  fault: [{ type: 'fault', error: 'odd', id: 'abc' }, [{ event: 'fault', id: 'abc', message: 'odd' }]],
  closing: [{ type: 'closing', backends: 2 }, [{ event: 'stopping', running: 2 }]],
  closed: [{ type: 'closed' }, [{ event: 'stopped' }]],
};

test.each(Object.values(CASES).map(([event, json]) => [event.type, event, json] as const))(
  'the JSON form of %s',
  (_, event, json) => {
    const made = toEventJson(event);
    expect(made).toEqual(json);
    // Programs read it as JSON, so nothing may be lost on the way.
    expect(JSON.parse(JSON.stringify(made))).toEqual(made);
  },
);
