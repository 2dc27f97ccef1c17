import { expect, test } from 'vitest';
import { fixedPortAdvice, saysPortTaken } from '../../src/runtime/process/fixed-port.js';

function advice({ commands = [] as string[], output = [] as string[], files = [] as string[] }): string {
  return fixedPortAdvice({ commands, output, files });
}

test.each([
  ['Deno', { commands: ['deno run --allow-net server.ts'] }],
  ['Deno', { commands: ['npm start', '/home/me/.deno/bin/deno run main.ts'] }],
  ['Deno', { commands: ['./start.sh'], files: ['deno.json', 'package.json'] }],
  ['Deno', { output: ['error: Uncaught (in promise) AddrInUse: Address already in use (os error 98)'] }],
  ['Bun', { commands: ['bun server.ts'] }],
  ['Java', { commands: ['java -jar build/libs/app.jar'] }],
  ['Java', { commands: ['./mvnw spring-boot:run'] }],
  ['Java', { output: ['java.net.BindException: Address already in use'] }],
  ['Go', { commands: ['go run .'] }],
  ['Go', { commands: ['./server'], output: ['listen tcp :8080: bind: address already in use'] }],
  ['Go', { commands: ['npm start'], files: ['go.mod', 'package.json'] }],
  ['Python', { commands: ['python3.12 server.py'] }],
  ['Python', { commands: ['uvicorn app:app --port 8080'] }],
  ['Python', { commands: ['make run'], output: ['OSError: [Errno 98] Address already in use'] }],
  ['Rust', { commands: ['cargo run'] }],
  ['Ruby', { commands: ['bundle exec puma -p 8080'] }],
  ['.NET', { commands: ['./run'], files: ['App.csproj'] }],
  ['PHP', { commands: ['php -S 0.0.0.0:8080'] }],
  ['Elixir', { commands: ['mix phx.server'] }],
  ['Node.js', { commands: ['node server.js'] }],
])('a server in %s gets the line for its language: %j', (name, traces) => {
  const text = advice(traces);
  expect(text).toContain(`the port in the variable PORT (in ${name}: `);
  expect(text).toMatch(/in a container, where port 8080 is its own.*"dockerfile": "Dockerfile"/);
});

test('the line for Deno can be copied', () => {
  expect(advice({ commands: ['deno'] })).toContain(
    'Deno.serve({ port: Number(Deno.env.get("PORT") ?? 8080) }, handler)',
  );
});

test('a server in an unknown language still gets both suggestions', () => {
  expect(advice({ commands: ['./server'] })).toMatch(/the port in the variable PORT, or run it in a container/);
});

test.each([
  ['Error: listen EADDRINUSE: address already in use :::8080', true],
  ['OSError: [Errno 98] Address already in use', true],
  ['Web server failed to start. Port 8080 was already in use.', true],
  ['Os { code: 98, kind: AddrInUse, message: "Address in use" }', true],
  ['listening on 8080', false],
])('%s: reports a taken port: %s', (line, expected) => {
  expect(saysPortTaken(['before', line])).toBe(expected);
});
