import { basename } from 'node:path';
import { argumentsOf, handlesSignal } from './process-table.js';

/** How a program that runs another one passes a SIGTERM on that it gets. */
export interface Runner {
  /** Who gets it: its children, or all its descendants. */
  passesTo: 'children' | 'descendants';
  /** Whether it ends only after those it passed the signal to have ended. */
  waits: boolean;
}

const TO_CHILDREN: Runner = { passesTo: 'children', waits: true };

/**
 * Runners that pass SIGTERM on, by the name of the program or of its npm package. Each was seen to do so
 * (test/processes/one-sigterm.test.ts; pnpm 10, Yarn 1 and dotenv-cli 11 by hand). Shells do not: they die of it, or wait
 * for their child.
 */
const RUNNERS: ReadonlyMap<string, Runner> = new Map([
  ['tsx', TO_CHILDREN],
  ['nodemon', TO_CHILDREN],
  ['npm', TO_CHILDREN],
  ['npx', TO_CHILDREN],
  ['pnpm', TO_CHILDREN],
  ['cross-env', TO_CHILDREN],
  ['dotenv-cli', TO_CHILDREN],
  ['dotenv', TO_CHILDREN],
  ['yarn', { passesTo: 'children', waits: false }],
  ['concurrently', { passesTo: 'descendants', waits: false }],
]);

/** Tells whether a process passes SIGTERM on by itself; undefined: it does not, or is not known to. */
export async function runnerOf(pid: number): Promise<Runner | undefined> {
  const runner = runnerByArguments(await argumentsOf(pid));
  // One that has just been started and has no handler yet would die of the signal without passing it on.
  return runner !== undefined && handlesSignal(pid, 'SIGTERM') !== false ? runner : undefined;
}

/** The same by the program and its arguments alone. */
export function runnerByArguments(words: readonly string[]): Runner | undefined {
  const [program = ''] = words;
  // npm and npx write a title such as "npm run start" over their arguments.
  if (/^npm( |$)/.test(program)) return RUNNERS.get('npm');
  if (!/^node(js)?$/.test(basename(program))) return RUNNERS.get(basename(program));
  const { script, options } = parseNodeArguments(words.slice(1));
  if (options.some((option) => /^--watch(-path(=.*)?)?$/.test(option))) return TO_CHILDREN;
  return script === undefined ? undefined : RUNNERS.get(packageOf(script));
}

/**
 * Options of Node.js 20 to 26 whose value may be an argument of its own, as the binding `options` of each version lists them
 * (with `--expose-internals`). Those of its test runner take one too, and run no script.
 */
const OPTIONS_WITH_VALUE = new Set(
  `-r -C --allow-fs-read --allow-fs-write --bench-isolation --bench-name-pattern --bench-reporter
   --bench-reporter-destination --bench-samples --bench-warmup --build-sea --build-snapshot-config --conditions
   --config-file --cpu-prof-dir --cpu-prof-interval --cpu-prof-name --debug-port --diagnostic-dir --disable-proto
   --disable-warning --dns-result-order --env-file --env-file-if-exists --experimental-config-file
   --experimental-default-type --experimental-loader --experimental-package-map --experimental-policy
   --experimental-sea-config --experimental-specifier-resolution --heap-prof-dir --heap-prof-interval --heap-prof-name
   --heapsnapshot-near-heap-limit --heapsnapshot-signal --icu-data-dir --import --input-type --inspect-port
   --inspect-publish-uid --loader --localstorage-file --max-http-header-size --max-old-space-size-percentage
   --network-family-autoselection-attempt-timeout --openssl-config --policy-integrity --redirect-warnings --report-dir
   --report-directory --report-filename --report-signal --require --secure-heap --secure-heap-min --security-revert
   --snapshot-blob --title --tls-cipher-list --tls-keylog --trace-event-categories --trace-event-file-pattern
   --unhandled-rejections --use-largepages --v8-pool-size --vfs-load --watch-kill-signal --watch-path`.split(/\s+/),
);
/** With these there is no script: what follows is code, or the name of a script of package.json. */
const OPTIONS_WITHOUT_SCRIPT = /^(-e|-p|-pe|--eval|--print|--run)$/;

/** Splits the arguments of Node.js into its own options, without their values, and the script that it runs. */
export function parseNodeArguments(words: readonly string[]): { script: string | undefined; options: string[] } {
  const options: string[] = [];
  for (let index = 0; index < words.length; index += 1) {
    const word = words[index] ?? '';
    if (!word.startsWith('-')) return { script: word, options };
    const option = normalizeNodeOption(word);
    options.push(option);
    if (OPTIONS_WITHOUT_SCRIPT.test(option)) break;
    if (OPTIONS_WITH_VALUE.has(option)) index += 1;
  }
  return { script: undefined, options };
}

/** Writes an option the usual way: Node.js takes `--env_file` for `--env-file`. */
export function normalizeNodeOption(word: string): string {
  return word.replace(/^--[^=]+/, (name) => name.replaceAll('_', '-'));
}

/** The npm package that a script belongs to, also by its link in `.bin`; outside of packages the name of the file. */
function packageOf(script: string): string {
  const inside = script.split(/(?:^|\/)node_modules\/(?:\.bin\/)?/).at(-1) ?? script;
  if (inside === script) return basename(script);
  const [first = '', second = ''] = inside.split('/');
  return first.startsWith('@') ? `${first}/${second}` : first;
}
