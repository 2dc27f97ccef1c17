import { expect, test } from 'vitest';
import { startDev, stopRun } from '../support/cli.js';
import { makeProject } from '../support/project.js';

const KEY = 'ключ';
const JSON_TEXT = JSON.stringify({ key: KEY });

test('the built API reads JSON in every encoding of Unicode, and says which others it does not read', async () => {
  const dev = await startDev(makeProject({ 'server.js': '' }), ['--command', 'node server.js']);
  const connect = async (body: string | Uint8Array<ArrayBuffer>, charset: string) => {
    const headers = { 'content-type': `application/json; charset=${charset}` };
    const response = await fetch(`${dev.apiUrl}/v2/service/-/default/connect`, { method: 'POST', body, headers });
    return { status: response.status, text: await response.text() };
  };
  const utf32 = Buffer.concat([...JSON_TEXT].map(toBytes));
  for (const [body, charset] of [
    [JSON_TEXT, 'utf-8'],
    [Buffer.from(JSON_TEXT, 'utf16le'), 'utf-16'],
    [Buffer.from(JSON_TEXT, 'utf16le'), 'utf-16le'],
    [utf32, 'utf-32le'],
    ['{"key":"+BDoEOwROBEc-"}', 'utf-7'],
  ] as const) {
    expect([charset, (await connect(body, charset)).status]).toEqual([charset, 200]);
  }
  const listed = (await (await fetch(`${dev.apiUrl}/_jamdev/backends`)).json()) as { backends: { key: string }[] };
  expect(new Set(listed.backends.map(({ key }) => key))).toEqual(new Set([KEY]));
  for (const charset of ['gbk', 'shift_jis', 'big5']) {
    const { status, text } = await connect(JSON_TEXT, charset);
    expect([status, text]).toEqual([400, expect.stringContaining(`unsupported charset`)]);
  }
  await stopRun(dev);
});

/** A character in UTF-32, the lowest byte first. */
function toBytes(character: string): Uint8Array {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(character.codePointAt(0) ?? 0);
  return bytes;
}
