import { expect, test } from 'vitest';
import { systemClock } from '../../src/os/clock.js';
import { Silence } from '../../src/platform/silence.js';
import type { RuntimeBackend } from '../../src/runtime/runtime.js';
import { describeStrangeAnswer, type StrangeAnswer } from '../../src/runtime/strange-answer.js';

test('a strange answer during a check from outside takes precedence over the result of the check', async () => {
  const tls: StrangeAnswer = { kind: 'tls' };
  const reasons: (string | undefined)[] = [];
  const silence = new Silence(systemClock, (reason) => reasons.push(reason));
  let endLook = (_reason: string): void => undefined;
  const explainNotReady = () => new Promise<string>((resolve) => (endLook = resolve));
  silence.begin({ explainNotReady } as unknown as RuntimeBackend);
  const look = silence.look();
  silence.hear(tls);
  endLook('It closes connections.');
  expect(await look).toBe(describeStrangeAnswer(tls));
  expect(silence.reason).toBe(describeStrangeAnswer(tls));
  silence.end();
  expect(reasons).toEqual([describeStrangeAnswer(tls), undefined]);
});
