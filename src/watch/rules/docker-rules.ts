import dockerignore, { type Ignore } from '@balena/dockerignore';
import type { DockerBuilder } from '../../docker-engine/docker-builder.js';
import { type BytePath, isWithin, join, nameOf, parentOf, relativeTo, toText } from '../byte-path.js';
import type { FolderRules, HasEntry } from './folder-rules.js';
import { NO_RULES } from './folder-rules.js';
import { forOneTurn } from './for-one-turn.js';
import { readIfThere } from './read-if-there.js';
import { usableLines } from './usable-lines.js';

/** A build context and what builds it. */
export interface DockerContext {
  /** Absolute, without links. */
  context: BytePath;
  dockerfile: BytePath;
  builder: DockerBuilder;
}

/** Docker's rules for a folder of a build context. */
export interface DockerRules {
  rules: FolderRules;
  /** The ignore files that can count, whether they are there or not. */
  sources: BytePath[];
  /** What the one that counts says. */
  text: string;
}

/**
 * Reads what `docker build` leaves out of what it sends: by `NAME.dockerignore` next to the Dockerfile, where the builder
 * knows it, or else by `.dockerignore` in the context.
 * @param folder to be watched; a folder that is left out itself was named, and has nothing left out
 */
export async function readDockerRules(options: DockerContext, folder: BytePath): Promise<DockerRules> {
  const { context, builder } = options;
  const sources = ignoreFilesOf(options);
  const texts = await Promise.all(sources.map(readIfThere));
  // An empty NAME.dockerignore is none, as one that is missing.
  const text = texts.find((each) => each !== '') ?? '';
  if (!isWithin(folder, context)) return { rules: NO_RULES, sources, text };
  const patterns = parseDockerignore(Buffer.from(text, 'latin1').toString('utf8'), builder);
  const rules = new ContextRules(patterns, relativeTo(context, folder));
  return { rules: rules.leavesOutAll() ? NO_RULES : rules, sources, text };
}

/** The ignore files that can count, the strongest first. */
export function ignoreFilesOf({ context, dockerfile, builder }: DockerContext): BytePath[] {
  const ownFile = join(parentOf(dockerfile), `${nameOf(dockerfile)}.dockerignore`);
  return [...(builder === 'buildkit' ? [ownFile] : []), join(context, '.dockerignore')];
}

interface Patterns {
  matcher: Ignore;
  /** What is sent all the same, without the `!`. */
  exceptions: readonly string[];
  builder: DockerBuilder;
}

class ContextRules implements FolderRules {
  readonly #patterns: Patterns;
  /** Relative to the context; '' for the context itself. */
  readonly #folder: BytePath;
  readonly #matcher: () => Ignore;

  constructor(patterns: Patterns, folder: BytePath) {
    this.#patterns = patterns;
    this.#folder = folder;
    this.#matcher = forOneTurn(() => freshMatcher(patterns.matcher));
  }

  ignores(name: string, isFolder: boolean): boolean {
    const path = this.#pathOf(name);
    return this.#matcher().ignores(path) && !(isFolder && canHoldException(this.#patterns, path));
  }

  isRuleFile(): boolean {
    // They are named one by one, as they need not lie in the context.
    return false;
  }

  async enter(name: string, _has: HasEntry, isIncluded: boolean): Promise<FolderRules> {
    if (isIncluded && this.ignores(name, true)) return NO_RULES;
    return new ContextRules(this.#patterns, join(this.#folder, name).replace(/^\//, '') as BytePath);
  }

  /** Whether this folder is left out, and everything in it. */
  leavesOutAll(): boolean {
    if (this.#folder === '') return false;
    const path = toText(this.#folder);
    return this.#matcher().ignores(path) && !canHoldException(this.#patterns, path);
  }

  #pathOf(name: string): string {
    return toText((this.#folder === '' ? name : `${this.#folder}/${name}`) as BytePath);
  }
}

/** A copy that remembers no paths yet; names such as `constructor` must not be found in what it remembers. */
function freshMatcher(patterns: Ignore): Ignore {
  const matcher = dockerignore.default({ ignorecase: false });
  matcher.add(patterns);
  Object.setPrototypeOf(Reflect.get(matcher, '_cache'), null);
  return matcher;
}

function parseDockerignore(text: string, builder: DockerBuilder): Patterns {
  const lines = text
    .replace('\uFEFF', '')
    .split(/\r?\n/)
    .filter((line) => !line.startsWith('#'))
    .map((line) => line.trim())
    .filter((line) => line !== '');
  // For some lines that are left out, such as `[`, the builder refuses the whole file, and says why.
  const patterns = usableLines(lines.map(toMatcherPattern), (pattern) =>
    makeMatcher([pattern.replace(/^!/, '')]).ignores('a'),
  );
  const matcher = makeMatcher(patterns);
  const exceptions = lines.filter((line) => line.startsWith('!')).map((line) => cleanPattern(line.slice(1)));
  return { matcher, exceptions, builder };
}

function makeMatcher(patterns: readonly string[]): Ignore {
  return dockerignore.default({ ignorecase: false }).add([...patterns]);
}

/**
 * Writes a line so that the matcher, which makes a regular expression of everything, does what Docker does: a pattern
 * without wildcards, but for `**` at its ends, is compared as text, and in all others `{`, `}`, `|` and `^` have the
 * meaning that they have in a regular expression (moby/patternmatcher).
 */
function toMatcherPattern(line: string): string {
  const [, sign = '', rest = ''] = /^(!?)\s*(.*)$/s.exec(line) ?? [];
  const pattern = cleanPattern(rest);
  const [, start = '', text = '', end = ''] = /^((?:\*\*)?)(.*?)((?:\*\*)?)$/s.exec(pattern) ?? [];
  if (/[*?[\]\\]/.test(text))
    return sign + pattern.replace(/\\.|[+()]/gs, (found) => (found.length > 1 ? found : `\\${found}`));
  // `**a` is whatever ends in `a`.
  const anyStart = start !== '' && text !== '' && !text.startsWith('/') && end === '' ? '**/*' : start;
  return sign + anyStart + text.replace(/[+(){}|^]/g, '\\$&') + end;
}

/** As Go's `filepath.Clean`, without a slash in front. */
function cleanPattern(pattern: string): string {
  const names: string[] = [];
  for (const name of pattern.trim().split('/')) {
    if (name === '..' && names.length > 0 && names.at(-1) !== '..') names.pop();
    else if (name !== '' && name !== '.') names.push(name);
  }
  return names.join('/');
}

/**
 * Whether the builder looks into a folder that is left out. Each does where an exception begins with the folder's path;
 * BuildKit also where exceptions have wildcards at all (fsutil, moby/go-archive).
 */
function canHoldException({ exceptions, builder }: Patterns, folder: string): boolean {
  return exceptions.some((exception) => {
    if (builder === 'buildkit' && /[*?[\\]/.test(exception)) return true;
    return `${exception}/`.startsWith(`${folder}/`);
  });
}
