import type { CodeSplittingGroup } from 'rolldown';

type ModuleInfos = Parameters<Extract<CodeSplittingGroup['name'], (...given: never[]) => unknown>>[1];

/**
 * Where programs begin, from what all commands load to what only `jamdev dev` does. `loadsLate`: what the commands themselves
 * load. `isWhole`: all modules of the program are put together, and not only those that `jamdev dev` loads as well.
 */
const BEGINNINGS = [
  { name: 'start', path: 'src/cli/launch.ts', isWhole: true },
  { name: 'main', path: 'src/cli/main.ts', isWhole: true },
  { name: 'program', path: 'src/cli/program.ts', isWhole: true },
  // What a command loads where no dev server runs.
  { name: 'project', path: 'src/cli/client/no-dev-server.ts' },
  { name: 'records', path: 'src/cli/command-table.ts', loadsLate: true },
  { name: 'examination', path: 'src/cli/commands/doctor/run-doctor.ts' },
  { name: 'servers', path: 'src/cli/commands/serve/run-serve.ts' },
  { name: 'dev-server', path: 'src/cli/commands/dev/run-dev.ts' },
  { name: 'api', path: 'src/api/whole-dev-api.ts' },
];
const DEV_SERVER = BEGINNINGS.findIndex(({ name }) => name === 'dev-server');
const LATE_API = BEGINNINGS.findIndex(({ name }) => name === 'api');

/**
 * Puts what `jamdev dev`, its API (loaded soon after the start) and the fastest commands load into few files: the bundler
 * would make more than 80, and Node.js takes
 * time to find and read each. A module goes to the first of the programs above that loads it, so that no command loads much
 * that it does not need. All other modules are left to the bundler.
 */
export const chunksOfDev: CodeSplittingGroup[] = BEGINNINGS.map(({ name, isWhole }, index) => ({
  debugName: name,
  name: (id, modules) => {
    const isLoaded = (each: number) => reachedFrom(each, modules).has(id);
    if (BEGINNINGS.findIndex((_, each) => isLoaded(each)) !== index) return null;
    if (isWhole || isLoaded(DEV_SERVER)) return name;
    // What a start does without is not to be in a file that it loads.
    return isLoaded(LATE_API) ? `${name}-for-api` : null;
  },
  priority: BEGINNINGS.length - index,
}));

const reached = new Map<number, Set<string>>();

/** All modules that a program loads at its beginning. */
function reachedFrom(index: number, modules: ModuleInfos): Set<string> {
  const known = reached.get(index);
  if (known !== undefined) return known;
  const found = new Set<string>();
  const visit = (id: string): void => {
    if (found.has(id)) return;
    found.add(id);
    for (const imported of modules.getModuleInfo(id)?.importedIds ?? []) visit(imported);
  };
  const { path, loadsLate } = BEGINNINGS[index] as (typeof BEGINNINGS)[number];
  const file = `${import.meta.dirname}/${path}`;
  if (loadsLate) for (const late of modules.getModuleInfo(file)?.dynamicallyImportedIds ?? []) visit(late);
  else visit(file);
  reached.set(index, found);
  return found;
}
