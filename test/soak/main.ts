// npm run soak [-- --minutes N --seed N --runtime process|docker]: puts a dev server through days of work in minutes.
// Prints figures, and exits with 1 when one is faulty.
import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { Course } from './course.js';
import { judge } from './figures.js';
import { addressForContainers } from './leftovers.js';
import { formatFigures } from './table.js';

const EXIT_USAGE = 2;

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '2' },
    seed: { type: 'string', default: String(randomInt(2 ** 31)) },
    runtime: { type: 'string' },
  },
});
const [minutes, seed] = [Number(values.minutes), Number(values.seed)];
if (!(minutes > 0) || !Number.isSafeInteger(seed) || !['process', 'docker', undefined].includes(values.runtime)) {
  console.error('Usage: npm run soak -- [--minutes N] [--seed N] [--runtime process|docker]');
  process.exit(EXIT_USAGE);
}
console.log(`soak: ${minutes} minutes, --seed ${seed}`);
const forContainers = values.runtime === 'process' ? undefined : await addressForContainers();
if (forContainers === undefined && values.runtime !== 'process') {
  console.log('soak: no Docker Engine with node:22-slim answers: containers are left out');
  if (values.runtime === 'docker') process.exit(EXIT_USAGE);
}
const interrupted = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  // A terminal sends Ctrl-C to npm too, which passes it on.
  process.on(signal, () => interrupted.abort(new Error(`ended by ${signal}`)));
}
const options = { repository: process.cwd(), minutes, seed, signal: interrupted.signal };
const courses = [
  ...(values.runtime === 'docker' ? [] : [Course.run({ ...options, runtime: 'process', host: '127.0.0.1' })]),
  ...(forContainers === undefined ? [] : [Course.run({ ...options, runtime: 'docker', host: forContainers })]),
];
// When one is interrupted, the others end too and leave nothing behind.
for (const course of courses) course.catch((error) => interrupted.abort(error));
const results = await Promise.allSettled(courses);
if (interrupted.signal.aborted) {
  console.error(interrupted.signal.reason);
  process.exitCode = 1;
}
for (const result of results) {
  if (result.status === 'rejected') continue;
  const report = result.value;
  const figures = judge(report);
  const counts = [...report.counts].map(([what, count]) => `${count} ${what}`).join(', ');
  console.log(`\nsoak, runtime ${report.runtime}: ${counts}\n\n${formatFigures(figures)}`);
  if (figures.some(({ isOff }) => isOff)) process.exitCode = 1;
}
if (process.exitCode === 1) console.log(`\nsoak: failed; again with --minutes ${minutes} --seed ${seed}`);
