/** A Dockerfile feature that only BuildKit supports. */
export interface BuildKitNeed {
  /** As written, such as "RUN --mount". */
  feature: string;
  /** Counted from 1. */
  line: number;
  /** Whether the classic builder fails on it. Otherwise it ignores the feature, which may change the result. */
  fails: boolean;
}

/** Options by instruction that need BuildKit. */
const OPTIONS: Record<string, RegExp> = {
  RUN: /^--(mount|network|security|device)\b/,
  COPY: /^--(link|parents|exclude|chmod)\b/,
  ADD: /^--(link|checksum|keep-git-dir|exclude|unpack|chmod)\b/,
};
const HEREDOC = /(?:^|\s)<<-?(["']?)([A-Za-z_]\w*)\1/g;
/** Instructions that may contain a heredoc. */
const WITH_HEREDOC = new Set(['RUN', 'COPY', 'ADD']);
/** Variables that BuildKit sets automatically. */
const PLATFORM_VARIABLE = /\$\{?((?:TARGET|BUILD)(?:PLATFORM|OS|ARCH|VARIANT))\b/;

/** Finds the features of a Dockerfile that need BuildKit, each once. */
export function findBuildKitNeeds(dockerfile: string): BuildKitNeed[] {
  const found = new Map<string, BuildKitNeed>();
  const add = (feature: string, line: number, fails = true) => {
    if (!found.has(feature)) found.set(feature, { feature, line, fails });
  };
  const lines = dockerfile.replace(/^\ufeff/, '').split(/\r?\n/);
  let isTop = true;
  for (let index = 0; index < lines.length; index += 1) {
    const text = lines[index] as string;
    const number = index + 1;
    const directive = /^\s*#\s*(\w+)\s*=/.exec(text)?.[1]?.toLowerCase();
    if (isTop && directive === 'syntax') add('# syntax=', number, false);
    // Directives are allowed only at the top, up to the first line that is not one.
    isTop &&= directive !== undefined;
    if (/^\s*(#|$)/.test(text)) continue;
    // An instruction continues after a backslash; comments and empty lines inside it are skipped.
    let instruction = text;
    while (/\\\s*$/.test(instruction) && index + 1 < lines.length) {
      index += 1;
      const next = lines[index] as string;
      if (!/^\s*(#|$)/.test(next)) instruction = `${instruction.replace(/\\\s*$/, ' ')}${next}`;
    }
    const [name = '', ...words] = instruction.trim().split(/\s+/);
    const keyword = name.toUpperCase();
    for (const word of words) {
      if (!word.startsWith('--')) break;
      const option = OPTIONS[keyword]?.exec(word)?.[0];
      if (option !== undefined) add(`${keyword} ${option}`, number);
    }
    const variable = PLATFORM_VARIABLE.exec(instruction)?.[1];
    // In FROM, an unset variable makes the image name wrong; elsewhere it is just empty.
    if (variable !== undefined) add(`$${variable}`, number, keyword === 'FROM');
    if (keyword === 'ADD' && words.some((word) => /^(git@|https?:\/\/\S+\.git\b)/.test(word)))
      add('ADD of a Git repository', number);
    if (!WITH_HEREDOC.has(keyword)) continue;
    for (const [, , word] of instruction.matchAll(HEREDOC)) {
      const end = lines.findIndex((each, at) => at > index && each.replace(/^\t+/, '') === word);
      // In a here-document of the shell itself, every line ends with a backslash, so the word never stands alone.
      if (end === -1) continue;
      add(`${keyword} <<${word}`, number);
      index = end;
    }
  }
  return [...found.values()];
}

/** Lists the parts of a Dockerfile that need BuildKit, such as "RUN --mount (line 3)". */
export function describeNeeds(needs: readonly BuildKitNeed[]): string {
  return needs.map(({ feature, line }) => `${feature} (line ${line})`).join(', ');
}
