import { basename } from 'node:path';
import { argumentsOf, handlesSignal } from './process-table.js';

/** How a program that runs another one forwards SIGTERM. */
export interface Runner {
  /** The receivers: its children, or all its descendants. */
  passesTo: 'children' | 'descendants';
  /** Whether it exits only after all receivers have exited. */
  waits: boolean;
}

const TO_CHILDREN: Runner = { passesTo: 'children', waits: true };

/**
 * Runners that forward SIGTERM, by the name of the program or of its npm package. Each was tested
 * (test/processes/one-sigterm.test.ts; pnpm 10, Yarn 1 and dotenv-cli 11 by hand). Shells don't forward it: they exit on it,
 * or wait for their child.
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

/** Returns how a process forwards SIGTERM; undefined if it does not, or is not known to. */
export async function runnerOf(pid: number): Promise<Runner | undefined> {
  const runner = runnerByArguments(await argumentsOf(pid));
  // A runner that was just started and has no handler yet would be killed by the signal without forwarding it.
  return runner !== undefined && handlesSignal(pid, 'SIGTERM') !== false ? runner : undefined;
}

/** Does the same from the program and its arguments alone. */
export function runnerByArguments(words: readonly string[]): Runner | undefined {
  const [program = ''] = words;
  // npm and npx replace their arguments with a title such as "npm run start".
  if (/^npm( |$)/.test(program)) return RUNNERS.get('npm');
  if (!/^node(js)?$/.test(basename(program))) return RUNNERS.get(basename(program));
  const { script, options } = parseNodeArguments(words.slice(1));
  if (options.some((option) => /^--watch(-path(=.*)?)?$/.test(option))) return TO_CHILDREN;
  return script === undefined ? undefined : RUNNERS.get(packageOf(script));
}

/**
 * Options of Node.js 20 to 26 whose value may be a separate argument, from the `options` binding of each version (with
 * `--expose-internals`). The options of the test runner are left out, since the test runner runs no script.
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
/** With these options there is no script: the next argument is code, or the name of a package.json script. */
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

/** Normalizes an option: Node.js accepts `--env_file` for `--env-file`. */
export function normalizeNodeOption(word: string): string {
  return word.replace(/^--[^=]+/, (name) => name.replaceAll('_', '-'));
}

/** Returns the npm package that a script belongs to, also for its link in `.bin`; outside of packages, the file name. */
function packageOf(script: string): string {
  const inside = script.split(/(?:^|\/)node_modules\/(?:\.bin\/)?/).at(-1) ?? script;
  if (inside === script) return basename(script);
  const [first = '', second = ''] = inside.split('/');
  return first.startsWith('@') ? `${first}/${second}` : first;
}
