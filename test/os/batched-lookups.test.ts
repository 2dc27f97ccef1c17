import { expect, test } from 'vitest';
import { BatchedLookups } from '../../src/os/batched-lookups.js';

/** Lookups of words, whose answers come when a test says so. */
function makeLookups() {
  const asked: string[][] = [];
  const answers: { resolve: (found: string[]) => void; reject: (error: Error) => void }[] = [];
  const lookups = new BatchedLookups<string, string>(
    (word) => word.toLowerCase(),
    (words) => {
      asked.push([...words]);
      return new Promise((resolve, reject) => answers.push({ resolve, reject }));
    },
  );
  return { lookups, asked, answers };
}

const nextTurn = () => new Promise((resolve) => setImmediate(resolve));

test('what is asked for in one turn is looked up once and together, and each gets its own', async () => {
  const { lookups, asked, answers } = makeLookups();
  const found = ['a', 'b', 'A', 'c', 'b'].map((word) => lookups.find(word));
  expect(asked).toEqual([]);
  await nextTurn();
  expect(asked).toEqual([['a', 'b', 'c']]);
  answers[0]?.resolve(['1', '2', '3']);
  expect(await Promise.all(found)).toEqual(['1', '2', '1', '3', '2']);
});

test('nobody gets what was read before they asked, or waits for a lookup that is under way', async () => {
  const { lookups, asked, answers } = makeLookups();
  const first = lookups.find('a');
  await nextTurn();
  const second = lookups.find('a');
  await nextTurn();
  expect(asked).toEqual([['a'], ['a']]);
  answers[1]?.resolve(['new']);
  expect(await second).toBe('new');
  answers[0]?.resolve(['old']);
  expect(await first).toBe('old');
});

test('one that fails rejects for those that share it, and the next one starts afresh', async () => {
  const { lookups, answers } = makeLookups();
  const failing = Promise.allSettled([lookups.find('a'), lookups.find('b')]);
  await nextTurn();
  const other = lookups.find('a');
  await nextTurn();
  answers[0]?.reject(new Error('away'));
  answers[1]?.resolve(['1']);
  expect((await failing).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  expect(await other).toBe('1');
});

test('a look that throws at once fails like one that rejects', async () => {
  const lookups = new BatchedLookups<string, string>(
    (word) => word,
    () => {
      throw new Error('no');
    },
  );
  await expect(lookups.find('a')).rejects.toThrow('no');
});
