import { expect, test } from 'vitest';
import { preferredForm } from '../../src/pages/preferred-form.js';

test.each([
  ['text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8', 'a browser'],
  ['text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8', 'another browser'],
  ['text/html', 'html alone'],
  ['TEXT/HTML;charset=utf-8', 'upper case and a parameter'],
  ['text/html, application/json', 'html first'],
  ['application/json;q=0.5, text/html', 'html weighs more'],
  [' application/json ; q=0.5 , text/html ; q=0.6', 'html weighs more, with spaces'],
  ['application/json;q=0, text/html;q=0.1', 'no json'],
])('%s requests a page (%s)', (accept) => {
  expect(preferredForm(accept, 'json')).toBe('html');
  expect(preferredForm(accept, 'html')).toBe('html');
});

test.each([
  ['application/json', 'json alone'],
  ['application/json, text/plain, */*', 'axios'],
  ['application/json, text/html', 'json first'],
  ['text/html;q=0.9, application/json', 'json weighs more'],
  ['text/html;q=0, application/json;q=0.001', 'no html'],
  ['text/html;q=oops, application/json;q=0.1', 'a weight that is none'],
])('%s requests JSON (%s)', (accept) => {
  expect(preferredForm(accept, 'json')).toBe('json');
  expect(preferredForm(accept, 'html')).toBe('json');
});

test.each([undefined, '', '*/*', 'text/*', 'image/png', 'text/htmlx', 'text/event-stream', ';;q=,,='])(
  '%s requests neither',
  (accept) => {
    expect(preferredForm(accept, 'json')).toBe('json');
    expect(preferredForm(accept, 'html')).toBe('html');
  },
);
