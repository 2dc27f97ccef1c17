// npm run fuzz [-- --side api|proxy --requests N --seed N --path P]: hostile bytes from both sides, until something fails.
import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { runFuzz, SIDE_NAMES } from './run.js';

const { values } = parseArgs({
  options: {
    side: { type: 'string' },
    requests: { type: 'string', default: '10000' },
    seed: { type: 'string' },
    path: { type: 'string' },
  },
});
const chosen = values.side === undefined ? SIDE_NAMES : SIDE_NAMES.filter((side) => side === values.side);
if (chosen.length === 0) {
  console.error(`There is no side "${values.side}". Choose one of: ${SIDE_NAMES.join(', ')}.`);
  process.exit(2);
}
for (const side of chosen) {
  const seed = Number(values.seed ?? randomInt(2 ** 31));
  console.log(`${side}: seed ${seed}`);
  const report = await runFuzz({
    side,
    requests: Number(values.requests),
    seed,
    path: values.path,
    root: process.cwd(),
    log: (line) => console.log(`${side}: ${line}`),
  });
  const counts = [...report.outcomes].sort((a, b) => b[1] - a[1]).map(([what, count]) => `${what} ${count}`);
  console.log(`${side}: ${report.requests} requests in ${report.seconds.toFixed(1)} s: ${counts.join(', ')}`);
  if (report.failure === undefined) continue;
  console.error(`${side}: ${report.failure}`);
  process.exitCode = 1;
}
