/**
 * One line of the result.
 * @typedef {object} Row
 * @property {string} what
 * @property {string} against what the baseline is
 * @property {string} unit
 * @property {number} value
 * @property {number} baseline
 * @property {number} [ratio] default: value by baseline
 * @property {{ atMost: number } | { atLeast: number }} [reach] what the ratio should be; left out: only reported
 */

/**
 * A part of the benchmark.
 * @typedef {object} Measurement
 * @property {string} name for the command line
 * @property {() => Promise<Row[]>} run
 */

/**
 * A row about a value that has a limit of its own.
 * @param {string} what
 * @param {string} unit
 * @param {number} value
 * @param {number} limit that it may reach
 * @returns {Row}
 */
export function limited(what, unit, value, limit) {
  return { what, against: 'the limit', unit, value, baseline: limit, reach: { atMost: 1 } };
}

/** @param {Row} row */
export function ratioOf({ value, baseline, ratio = value / baseline }) {
  return ratio;
}

/**
 * @param {Row} row
 * @returns {'ok' | 'missed' | ''} nothing where there is nothing to reach
 */
export function verdictOn(row) {
  if (row.reach === undefined) return '';
  const ratio = ratioOf(row);
  const reached = 'atMost' in row.reach ? ratio <= row.reach.atMost : ratio >= row.reach.atLeast;
  return reached ? 'ok' : 'missed';
}
