import { EventEmitter } from 'node:events';
import { expect, test, vi } from 'vitest';
import { KeyQuestion } from '../../src/cli/terminal/key-question.js';
import { type KeyInput, listenForKeys, shortcutTable } from '../../src/cli/terminal/shortcuts.js';

/** A terminal's input, and the actions it requested. */
function fakeTerminal() {
  const emitter = new EventEmitter();
  const requested: string[] = [];
  const input = Object.assign(emitter, {
    isTTY: true as const,
    setRawMode: (raw: boolean) => requested.push(`raw ${raw}`),
    resume: () => requested.push('resume'),
    pause: () => requested.push('pause'),
  });
  return {
    input: input as unknown as KeyInput,
    press: (text: string) => emitter.emit('data', Buffer.from(text)),
    requested,
    emitter,
  };
}

function listen() {
  const terminal = fakeTerminal();
  const pressed: string[] = [];
  const interrupt = vi.fn();
  const suspend = vi.fn();
  const shortcuts = ['b', 't', 'h', 'q'].map((key) => ({
    key,
    label: key,
    description: key,
    action: () => void pressed.push(key),
  }));
  const question = new KeyQuestion();
  const stop = listenForKeys(terminal.input, shortcuts, question, { interrupt, suspend });
  return { ...terminal, question, pressed, interrupt, suspend, stop };
}

test.each([
  ['b', ['b']],
  ['B', ['b']],
  ['bt', ['b', 't']],
  ['x', []],
  ['é🦊\r\n', []],
])('pressing %j does %j', (keys, expected) => {
  const { press, pressed, interrupt } = listen();
  press(keys);
  expect(pressed).toEqual(expected);
  expect(interrupt).not.toHaveBeenCalled();
});

test.each([
  ['t', 't', ['y']],
  ['Escape', '\u001b', ['\u001b']],
  ['y twice', 'yy', ['y']],
])('an open question takes exactly the next key: %s', (_what, keys, answered) => {
  const { press, pressed, question } = listen();
  const answers: string[] = [];
  question.ask('Sure?', (key) => void answers.push(key));
  expect(question.text).toBe('Sure?');
  press(keys.replace('t', 'Y'));
  expect(answers).toEqual(answered);
  expect(question.text).toBeUndefined();
  press('b');
  expect(pressed).toEqual(['b']);
});

test.each([
  ['arrow up', '\u001b[A'],
  ['arrow down', '\u001b[B'],
  ['arrow left with Ctrl', '\u001b[1;5D'],
  ['arrow down in application mode', '\u001bOB'],
  ['Home', '\u001b[H'],
  ['F1', '\u001bOP'],
  ['Delete', '\u001b[3~'],
  ['Alt and b', '\u001bb'],
  ['Escape', '\u001b'],
  ['a mouse’s report', '\u001b[<0;10;20M'],
])('%s is not a shortcut', (_what, sequence) => {
  const { press, pressed, interrupt } = listen();
  press(sequence);
  expect(pressed).toEqual([]);
  press(`${sequence === '\u001b' ? '' : sequence}b`);
  expect(pressed).toEqual(['b']);
  expect(interrupt).not.toHaveBeenCalled();
});

test.each(['\u0003', '\u0004', 'x\u0003', '\u001b\u0003', '\u001b[A\u0003'])('%j interrupts', (keys) => {
  const { press, interrupt } = listen();
  press(keys);
  expect(interrupt).toHaveBeenCalledOnce();
});

test.each(['\u001a', 'x\u001a', '\u001b[A\u001a'])('%j suspends', (keys) => {
  const { press, interrupt, suspend } = listen();
  press(keys);
  expect(suspend).toHaveBeenCalledOnce();
  expect(interrupt).not.toHaveBeenCalled();
});

test('the help is a table of keys and what they do', () => {
  const shortcut = (key: string, description: string) => ({ key, label: 'x', description, action: () => undefined });
  expect(shortcutTable([shortcut('b', 'build again'), shortcut('q', 'stop')])).toEqual([
    '  b  build again',
    '  q  stop',
  ]);
});

test('the terminal is switched to raw mode and back', () => {
  const { requested, stop, press, pressed, emitter } = listen();
  expect(requested).toEqual(['raw true', 'resume']);
  stop();
  expect(requested).toEqual(['raw true', 'resume', 'raw false', 'pause']);
  press('b');
  expect(pressed).toEqual([]);
  expect(emitter.listenerCount('data')).toBe(0);
});
