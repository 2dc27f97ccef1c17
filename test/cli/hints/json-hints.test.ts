import { expect, test } from 'vitest';
import { adaptJsonHints } from '../../../src/cli/hints/json-hints.js';
import { JsonReporter } from '../../../src/cli/terminal/json-reporter.js';
import { Output } from '../../../src/cli/terminal/output.js';
import type { DevServerEvent } from '../../../src/dev-server/events.js';

const adapt = (text: string) => text.replaceAll('npx jamdev', 'pnpm exec jamdev');
const HINT = 'See: npx jamdev list';

test.each(['message', 'remedy', 'text', 'remark', 'explanation'])(
  'commands in %s are adapted to the reader',
  (field) => {
    expect(adaptJsonHints({ error: { [field]: HINT } }, adapt)).toEqual({ error: { [field]: adapt(HINT) } });
    expect(adaptJsonHints({ findings: [{ [field]: HINT }] }, adapt)).toEqual({ findings: [{ [field]: adapt(HINT) }] });
  },
);

test('several remarks are adapted one by one', () => {
  expect(adaptJsonHints({ port_remarks: [HINT, 'x'] }, adapt)).toEqual({ port_remarks: [adapt(HINT), 'x'] });
});

test.each([
  { key: 'npx jamdev list' },
  { lines: ['npx jamdev list'] },
  { command: 'npx jamdev list' },
  { pid: 1, remark: null, ok: true, none: [] },
])('%j stays unchanged', (value) => {
  expect(adaptJsonHints(value, adapt)).toEqual(value);
});

/** @returns what `dev --json` prints of an event */
function printed(event: DevServerEvent): string {
  let text = '';
  const write = (chunk: string | Uint8Array) => {
    text += Buffer.from(chunk as string).toString();
    return true;
  };
  const stream = { write, writableLength: 0, once: () => stream } as unknown as NodeJS.WriteStream;
  const output = new Output(stream);
  output.adaptHints = adapt;
  new JsonReporter(output).event(event);
  return text;
}

test('events of dev --json have adapted hints, but unchanged build output', () => {
  expect(JSON.parse(printed({ type: 'notice', text: HINT }))).toMatchObject({ text: adapt(HINT) });
  expect(JSON.parse(printed({ type: 'build-line', service: 'doc', line: HINT }))).toMatchObject({ text: HINT });
});
