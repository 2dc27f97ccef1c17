/**
 * @param {readonly number[]} numbers at least one
 * @returns {number}
 */
function median(numbers) {
  const sorted = numbers.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  const [low, high] = [sorted[Math.ceil(middle) - 1], sorted[Math.floor(middle)]];
  if (low === undefined || high === undefined) throw new Error('no median of nothing');
  return (low + high) / 2;
}

/** @typedef {{ value: number, baseline: number, ratio: number, difference: number }} Medians `difference`: value less baseline */

/**
 * Takes two measurements in turn, so that other load on the machine affects both equally. For the same reason the
 * ratio is the median of the ratios of all rounds: the ratio of the two medians differed by a fifth from run to run.
 * @param {{ warmUp: number, counted: number }} rounds
 * @param {() => Promise<number>} subject
 * @param {() => Promise<number>} baseline
 * @returns {Promise<Medians>} the medians of the counted rounds
 */
export async function alternate(rounds, subject, baseline) {
  const { number } = await alternateAll(
    rounds,
    async () => ({ number: await subject() }),
    async () => ({ number: await baseline() }),
  );
  return number;
}

/**
 * The same for measurements that give several numbers at once.
 * @template {string} Name
 * @param {{ warmUp: number, counted: number }} rounds
 * @param {() => Promise<Record<Name, number>>} subject
 * @param {() => Promise<Record<Name, number>>} baseline
 * @returns {Promise<Record<Name, Medians>>} by the names of the numbers
 */
export async function alternateAll(rounds, subject, baseline) {
  const values = [];
  const baselines = [];
  for (let round = 0; round < rounds.warmUp + rounds.counted; round += 1) {
    // The order of the two alternates as well.
    const first = round % 2 === 0 ? await subject() : undefined;
    baselines.push(await baseline());
    values.push(first ?? (await subject()));
  }
  const names = /** @type {Name[]} */ (Object.keys(values[0] ?? {}));
  /** @param {Name} name @returns {Medians} */
  const mediansOf = (name) => {
    const of = values.map((each) => each[name]);
    const by = baselines.map((each) => each[name]);
    const ratios = of.map((value, round) => value / (by[round] ?? Number.NaN));
    /** @param {number[]} all */
    const counted = (all) => median(all.slice(rounds.warmUp));
    const differences = of.map((value, round) => value - (by[round] ?? Number.NaN));
    return { value: counted(of), baseline: counted(by), ratio: counted(ratios), difference: counted(differences) };
  };
  return /** @type {Record<Name, Medians>} */ (Object.fromEntries(names.map((name) => [name, mediansOf(name)])));
}
