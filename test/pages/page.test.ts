import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { backendErrors } from '../../src/contract/errors/backend-errors.js';
import { requestErrors } from '../../src/contract/errors/request-errors.js';
import { renderErrorPage } from '../../src/pages/error-page.js';
import { renderPage } from '../../src/pages/page.js';

test('all input is text and never becomes HTML', () => {
  const evil = `</pre></title><script>alert("1")</script>&amp;'`;
  const { body } = renderPage({ heading: evil, text: [evil], lines: [evil], note: evil });
  const escaped = '&lt;/pre&gt;&lt;/title&gt;&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&amp;amp;&#39;';
  expect(body.split(escaped)).toHaveLength(6);
  expect(body.replaceAll(escaped, '')).not.toMatch(/script|alert|&(?!lt|gt)/);
});

test('it may load nothing, run nothing, and send its address to no other site', () => {
  const { headers, body } = renderPage({ heading: 'x', text: [] });
  const policy = headers['content-security-policy'] ?? '';
  expect(policy).toMatch(
    /^default-src 'none'; style-src 'sha256-[^']+'; img-src data:; base-uri 'none'; form-action 'none'$/,
  );
  const style = /<style>(.*?)<\/style>/s.exec(body)?.[1] ?? '';
  expect(style).not.toBe('');
  expect(policy).toContain(`'sha256-${createHash('sha256').update(style).digest('base64')}'`);
  expect(body).not.toMatch(/<script|<link rel="stylesheet|style="|url\(|https?:/);
  expect(headers).toMatchObject({
    'content-type': 'text/html; charset=utf-8',
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
    'cache-control': 'no-store',
  });
});

test('it follows the reader’s light or dark mode', () => {
  const { body } = renderPage({ heading: 'x', text: [] });
  expect(body).toContain('<meta name="color-scheme" content="light dark">');
  expect(body).toContain('@media (prefers-color-scheme: dark)');
});

test('it reloads only on request', () => {
  const page = { heading: 'x', text: [] };
  expect(renderPage(page).body).not.toContain('http-equiv');
  expect(renderPage({ ...page, refreshSeconds: 2 }).body).toContain('<meta http-equiv="refresh" content="2">');
});

test('an empty first line of output is kept', () => {
  expect(renderPage({ heading: 'x', text: [], lines: ['', 'second'] }).body).toContain('<pre>\n\nsecond</pre>');
});

test('an error shows what happened, what to do, the output, and its code', () => {
  const { body } = renderErrorPage(backendErrors.backendEnded('abc', 'exit code 3', ['one', 'two']), 'id-1');
  expect(body).toContain('<h1>The backend &quot;abc&quot; has ended: exit code 3.</h1>');
  expect(body).toContain('<p>Connect again to get a new one. Full log: npx jamdev logs abc</p>');
  expect(body).toContain('<pre>\none\ntwo</pre>');
  expect(body).toContain('<small>jamdev: 410 BackendEnded, id-1</small>');
});

test('an error without remedy and output has no empty parts', () => {
  const { body } = renderErrorPage(requestErrors.invalidField('a', 'is wrong'), 'id-1');
  expect(body).not.toMatch(/<p>|<pre>/);
});
