/** A part of a Dockerfile that only BuildKit understands. */
export interface BuildKitNeed {
  /** As written: "RUN --mount". */
  feature: string;
  /** From 1. */
  line: number;
  /** Whether the classic builder fails at it. Otherwise it ignores it, which may change the result. */
  fails: boolean;
}

/** Options by instruction; a value says which the classic builder takes. */
const OPTIONS: Record<string, RegExp> = {
  RUN: /^--(mount|network|security|device)\b/,
  COPY: /^--(link|parents|exclude|chmod)\b/,
  ADD: /^--(link|checksum|keep-git-dir|exclude|unpack|chmod)\b/,
};
const HEREDOC = /(?:^|\s)<<-?(["']?)([A-Za-z_]\w*)\1/g;
/** Instructions in which a heredoc may stand. */
const WITH_HEREDOC = new Set(['RUN', 'COPY', 'ADD']);
/** Variables that BuildKit sets by itself. */
const PLATFORM_VARIABLE = /\$\{?((?:TARGET|BUILD)(?:PLATFORM|OS|ARCH|VARIANT))\b/;

/** Finds what in a Dockerfile needs BuildKit, each feature once. */
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
    // Directives end with the first line that is none.
    isTop &&= directive !== undefined;
    if (/^\s*(#|$)/.test(text)) continue;
    // An instruction goes on behind a backslash; comments and empty lines in it do not count.
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
    // In FROM it is part of a name, which is then wrong; elsewhere it is empty.
    if (variable !== undefined) add(`$${variable}`, number, keyword === 'FROM');
    if (keyword === 'ADD' && words.some((word) => /^(git@|https?:\/\/\S+\.git\b)/.test(word)))
      add('ADD of a Git repository', number);
    if (!WITH_HEREDOC.has(keyword)) continue;
    for (const [, , word] of instruction.matchAll(HEREDOC)) {
      const end = lines.findIndex((each, at) => at > index && each.replace(/^\t+/, '') === word);
      // In a shell's own here-document, whose lines stand behind backslashes, the word does not stand alone.
      if (end === -1) continue;
      add(`${keyword} <<${word}`, number);
      index = end;
    }
  }
  return [...found.values()];
}

/** Says what of a Dockerfile needs BuildKit: "RUN --mount (line 3)". */
export function describeNeeds(needs: readonly BuildKitNeed[]): string {
  return needs.map(({ feature, line }) => `${feature} (line ${line})`).join(', ');
}
