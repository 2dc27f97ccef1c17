import { expect, test } from 'vitest';
import { post, send } from '../support/http.js';
import { fixture, makeProject } from '../support/project.js';
import { describeTmux, devLine, Tmux } from '../support/tmux.js';
import { living, waitFor } from '../support/wait.js';

/** Whether a line has a text, or matches a pattern. */
function matches(text: string | RegExp): (line: string) => boolean {
  return (line) => (typeof text === 'string' ? line.includes(text) : text.test(line));
}

describeTmux('sessions controlled by keys of jamdev dev in a real terminal', () => {
  test('a spawn prints one line, a single session can be restarted or ended, and t asks before it ends several', async () => {
    const services = Array.from({ length: 17 }, (_, index) => [
      `service-${index}`,
      { command: `node ${fixture('echo-server.mjs')}` },
    ]);
    const folder = makeProject({ 'jamdev.config.json': { services: Object.fromEntries(services), watch: false } });
    const terminal = await Tmux.open({ cwd: folder, rows: 40 });
    await terminal.enter(devLine());
    const shows = (text: string | RegExp) =>
      waitFor(async () => (await terminal.history()).find(matches(text)), String(text));
    const api = (await shows(/API +http/)).replace(/.*API +/, '');
    await shows('spawn ');
    const banner = await terminal.history();
    const first = banner.findIndex((line) => line.includes('17 services: service-0, service-1,'));
    expect(banner.slice(first, first + 5).some((line) => line.includes('service-16'))).toBe(true);
    expect(banner.slice(first, first + 5).some((line) => line.length > 80)).toBe(false);

    const start = async (key: string) => {
      const { url } = (await post(`${api}/v2/service/-/service-3/connect`, { key })).json<{ url: string }>();
      const { pid } = (await send(url)).json<{ pid: number }>();
      return { url, pid };
    };
    const [one, two, three] = [await start('one'), await start('two'), await start('three')];
    await shows(/service-3\/one \| ready \(.*scheduled/);
    expect(
      (await terminal.history()).filter((line) => /\| (scheduled|loading|starting|waiting) \(/.test(line)),
    ).toEqual([]);

    await terminal.press('r');
    await shows('1  service-3/three');
    await shows('3  service-3/one');
    expect((await terminal.screen()).trimEnd().split('\n').at(-1)).toContain('Restart which session? 1-3');
    await terminal.press('3');
    await shows('restarted (key r)');
    const again = await waitFor(async () => {
      const { pid } = (await send(one.url)).json<{ pid: number }>();
      return pid === one.pid ? undefined : pid;
    }, 'the new process');
    expect(await living([one.pid, two.pid, three.pid, again])).toEqual([two.pid, three.pid, again]);

    await terminal.press('e');
    await shows('End which session? 1-3');
    await terminal.press('Escape');
    await shows('None chosen.');
    await terminal.press('e');
    await terminal.press('2');
    await shows('Ending service-3/two.');
    await waitFor(async () => (await living([two.pid])).length === 0, 'its end');

    await terminal.press('t');
    await shows('End all 2 sessions?');
    await terminal.press('n');
    await shows('No session was ended.');
    expect(await living([three.pid, again])).toEqual([three.pid, again]);
    await terminal.press('t');
    await terminal.press('y');
    await shows('Ending 2 backends.');
    await waitFor(async () => (await living([three.pid, again])).length === 0, 'their end');
    await terminal.press('q');
    await shows('Stopped.');
  });
});
