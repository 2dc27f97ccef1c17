import { describe, expect, test } from 'vitest';
import { explainLostRequest } from '../../src/proxy/lost-request.js';

const TOKEN = 'ClpYXET8OA-ie7ufWFHE5y0Q-NbghE04niQ2fwBZe40';
const HOST = 'localhost:9090';
const ORIGIN = `http://${HOST}`;

describe('Proxy: requests without a token', () => {
  test.each([`/${TOKEN}`, `/${TOKEN}/`, `/${TOKEN}/a?b`, `/s.${TOKEN}/a`, `${ORIGIN}/${TOKEN}/`])(
    '%s has an unknown token',
    (target) => {
      expect(explainLostRequest(target, { host: HOST })).toMatchObject({ code: 'TokenUnknown', status: 410 });
      expect(explainLostRequest(target, { host: HOST }).message).toMatch(/unknown or has expired/);
    },
  );

  test.each(['/', '', '//', `//${TOKEN}/`, '/?x', '*', ORIGIN, `${ORIGIN}?x`])('%j has no token', (target) => {
    expect(explainLostRequest(target, { host: HOST })).toMatchObject({
      code: 'TokenMissing',
      status: 400,
      message: 'The path has no connection token.',
      remedy: expect.stringContaining('Use the whole connection URL'),
    });
  });

  test.each([
    ['/app.js', '"app.js"'],
    ['/static/app.js?v=1', '"static"'],
    [`/${TOKEN.slice(1)}/`, '42 characters'],
    [`/${TOKEN}x/`, '44 characters'],
    ['/<script>/', '"<script>"'],
  ])('%s begins with something that is not a token', (target, told) => {
    const error = explainLostRequest(target, { host: HOST });
    expect(error).toMatchObject({ code: 'TokenUnknown', status: 410, message: expect.stringContaining(told) });
    expect(error.remedy).toContain('Use the whole connection URL');
  });

  describe('a page at a connection URL that requests an absolute path', () => {
    test.each([
      [`/${TOKEN}/`, '/app.js', './app.js'],
      [`/${TOKEN}/index.html?x=/y/`, '/app.js?v=1', './app.js'],
      [`/${TOKEN}/a/b/c`, '/static/app.js', '../../static/app.js'],
      [`/s.${TOKEN}/a/`, '/x', '../x'],
      [`/${TOKEN}/`, '/', './'],
      [`/${TOKEN}/a/`, `/x/${TOKEN}/y`, '../x/TOKEN/y'],
    ])('gets the relative path on %s, for %s: %s', (page, asked, instead) => {
      const { sentence } = explainLostRequest(asked, { host: HOST, referer: `${ORIGIN}${page}` });
      expect(sentence).toContain(`use the relative path "${instead}"`);
      expect(sentence).not.toContain(TOKEN);
    });

    test('is recognized with any case of the host', () => {
      const headers = { host: 'ABC.LocalHost:9090', referer: `http://abc.localhost:9090/${TOKEN}/` };
      expect(explainLostRequest('/x', headers).sentence).toContain('"./x"');
    });

    test('opened without the slash after the token is told so', () => {
      const headers = { host: HOST, referer: `${ORIGIN}/${TOKEN}?x=/` };
      expect(explainLostRequest('/app.js', headers).remedy).toContain('opened without the "/" after the token');
    });
  });

  test.each([
    undefined,
    '',
    'nonsense',
    `${ORIGIN}/`,
    `${ORIGIN}/index.html`,
    `http://localhost:5173/${TOKEN}/`,
    `https://evil.example/${TOKEN}/`,
    `data:text/html,${TOKEN}`,
  ])('a page is not recognized by the referer %s', (referer) => {
    const headers = referer === undefined ? { host: HOST } : { host: HOST, referer };
    expect(explainLostRequest('/app.js', headers).remedy).toContain('Use the whole connection URL');
  });

  test('socket.io, which drops the path of its URL, has its own option', () => {
    const headers = { host: HOST, referer: `${ORIGIN}/${TOKEN}/` };
    expect(explainLostRequest('/socket.io/?EIO=4&transport=polling', headers).remedy).toContain('/TOKEN/socket.io/');
    expect(explainLostRequest('/socket.io/?EIO=4', {}).remedy).toContain('/TOKEN/socket.io/');
  });
});
