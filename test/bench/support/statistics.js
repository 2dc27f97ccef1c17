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

/**
 * Takes two measurements in turn, so that whatever else the machine does meets both alike. For the same reason the
 * ratio is the median of each round's own: that of the two medians was seen to differ by a fifth from run to run.
 * @param {{ warmUp: number, counted: number }} rounds
 * @param {() => Promise<number>} subject
 * @param {() => Promise<number>} baseline
 * @returns {Promise<{ value: number, baseline: number, ratio: number }>} the medians of the counted rounds
 */
export async function alternate(rounds, subject, baseline) {
  const values = [];
  const baselines = [];
  for (let round = 0; round < rounds.warmUp + rounds.counted; round += 1) {
    // Who goes first changes as well.
    const first = round % 2 === 0 ? await subject() : undefined;
    baselines.push(await baseline());
    values.push(first ?? (await subject()));
  }
  const ratios = values.map((value, round) => value / (baselines[round] ?? Number.NaN));
  /** @param {number[]} all */
  const counted = (all) => median(all.slice(rounds.warmUp));
  return { value: counted(values), baseline: counted(baselines), ratio: counted(ratios) };
}
