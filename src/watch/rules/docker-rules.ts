import dockerignore, { type Ignore } from '@balena/dockerignore';
import type { DockerBuilder } from '../../docker-engine/docker-builder.js';
import { type BytePath, isWithin, join, nameOf, parentOf, relativeTo, toText } from '../byte-path.js';
import type { FolderRules, HasEntry } from './folder-rules.js';
import { NO_RULES } from './folder-rules.js';
import { forOneTurn } from './for-one-turn.js';
import { readIfThere } from './read-if-there.js';
import { usableLines } from './usable-lines.js';

/** A build context with its Dockerfile and builder. */
export interface DockerContext {
  /** Absolute, without links. */
  context: BytePath;
  dockerfile: BytePath;
  builder: DockerBuilder;
}

/** Docker's rules for a folder of a build context. */
export interface DockerRules {
  rules: FolderRules;
  /** The ignore files that may apply, whether they exist or not. */
  sources: BytePath[];
  /** The content of the one that applies. */
  text: string;
}

/**
 * Reads the files that `docker build` excludes from the build context: from `NAME.dockerignore` next to the Dockerfile, if
 * the builder supports it, or else from `.dockerignore` in the context.
 * @param folder the folder to watch; if it is excluded itself, it was named explicitly, and nothing in it is excluded
 */
export async function readDockerRules(options: DockerContext, folder: BytePath): Promise<DockerRules> {
  const { context, builder } = options;
  const sources = ignoreFilesOf(options);
  const texts = await Promise.all(sources.map(readIfThere));
  // An empty NAME.dockerignore counts as missing.
  const text = texts.find((each) => each !== '') ?? '';
  if (!isWithin(folder, context)) return { rules: NO_RULES, sources, text };
  const patterns = parseDockerignore(Buffer.from(text, 'latin1').toString('utf8'), builder);
  const rules = new ContextRules(patterns, relativeTo(context, folder));
  return { rules: rules.leavesOutAll() ? NO_RULES : rules, sources, text };
}

/** Returns the ignore files that may apply, strongest first. */
export function ignoreFilesOf({ context, dockerfile, builder }: DockerContext): BytePath[] {
  const ownFile = join(parentOf(dockerfile), `${nameOf(dockerfile)}.dockerignore`);
  return [...(builder === 'buildkit' ? [ownFile] : []), join(context, '.dockerignore')];
}

interface Patterns {
  matcher: Ignore;
  /** Patterns of files that are sent despite an exclusion, without the `!`. */
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
    // Docker's ignore files are watched by path, since they may be outside of the context.
    return false;
  }

  async enter(name: string, _has: HasEntry, isIncluded: boolean): Promise<FolderRules> {
    if (isIncluded && this.ignores(name, true)) return NO_RULES;
    return new ContextRules(this.#patterns, join(this.#folder, name).replace(/^\//, '') as BytePath);
  }

  /** Whether this folder and everything in it is excluded. */
  leavesOutAll(): boolean {
    if (this.#folder === '') return false;
    const path = toText(this.#folder);
    return this.#matcher().ignores(path) && !canHoldException(this.#patterns, path);
  }

  #pathOf(name: string): string {
    return toText((this.#folder === '' ? name : `${this.#folder}/${name}`) as BytePath);
  }
}

/**
 * Copies a matcher without its cache of paths. The new cache has no prototype, so that a name such as `constructor` is not
 * found in it.
 */
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
  // Some lines that are skipped here, such as `[`, make the builder reject the whole file with an explanation.
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
 * Rewrites a line so that the matcher, which makes a regular expression of every pattern, behaves like Docker. Docker
 * compares a pattern without wildcards as text, except for `**` at its ends. In all other patterns, `{`, `}`, `|` and `^`
 * have their regular expression meaning (moby/patternmatcher).
 */
function toMatcherPattern(line: string): string {
  const [, sign = '', rest = ''] = /^(!?)\s*(.*)$/s.exec(line) ?? [];
  const pattern = cleanPattern(rest);
  const [, start = '', text = '', end = ''] = /^((?:\*\*)?)(.*?)((?:\*\*)?)$/s.exec(pattern) ?? [];
  if (/[*?[\]\\]/.test(text))
    return sign + pattern.replace(/\\.|[+()]/gs, (found) => (found.length > 1 ? found : `\\${found}`));
  // `**a` matches every path that ends in `a`.
  const anyStart = start !== '' && text !== '' && !text.startsWith('/') && end === '' ? '**/*' : start;
  return sign + anyStart + text.replace(/[+(){}|^]/g, '\\$&') + end;
}

/** Normalizes a pattern like Go's `filepath.Clean`, without a leading slash. */
function cleanPattern(pattern: string): string {
  const names: string[] = [];
  for (const name of pattern.trim().split('/')) {
    if (name === '..' && names.length > 0 && names.at(-1) !== '..') names.pop();
    else if (name !== '' && name !== '.') names.push(name);
  }
  return names.join('/');
}

/**
 * Whether the builder searches an excluded folder for exceptions. Every builder does if an exception begins with the
 * folder's path; BuildKit also does if an exception contains wildcards (fsutil, moby/go-archive).
 */
function canHoldException({ exceptions, builder }: Patterns, folder: string): boolean {
  return exceptions.some((exception) => {
    if (builder === 'buildkit' && /[*?[\\]/.test(exception)) return true;
    return `${exception}/`.startsWith(`${folder}/`);
  });
}
