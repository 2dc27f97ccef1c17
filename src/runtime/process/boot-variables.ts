import { MAX_STRING_BYTES } from '../../processes/too-large-for-start.js';

/** Variables that a process reads only while it boots, so that later changes have no effect. */
const READ_AT_BOOT: readonly { name: RegExp; why: string }[] = [
  { name: /^NODE_/, why: 'Node.js reads it while it starts' },
  { name: /^(?:UV_|ICU_)/, why: 'libraries of Node.js read it while it starts' },
  { name: /^(?:SSL_|OPENSSL_)/, why: 'OpenSSL reads it while Node.js starts' },
  { name: /^(?:LD_|DYLD_)/, why: 'the dynamic linker reads it' },
  { name: /^(?:LC_|LANG|LOCPATH|NLSPATH|TZ)/, why: 'language, formats and time zone are chosen while Node.js starts' },
  { name: /^(?:MALLOC_|GLIBC_TUNABLES$)/, why: 'the memory allocator reads it' },
  { name: /^(?:HTTPS?_PROXY|NO_PROXY)$/i, why: 'Node.js may set up its proxy by it while it starts' },
];

/** Variables that package runners and their shells read or change before they start the app. */
const READ_BY_RUNNERS: readonly RegExp[] = [
  /^(?:npm|pnpm|yarn|corepack|xdg)_/i,
  /^(?:BERRY_BIN_FOLDER|PATH|HOME|PREFIX|DESTDIR|INIT_CWD|NODE|EDITOR|VISUAL|DEBUG|TERM|COLORTERM)$/,
  /^(?:(?:NO_|FORCE_)?COLORS?|CLICOLOR.*|SHELL|SHELLOPTS|SHLVL|PWD|OLDPWD|ENV|BASH_.*|IFS|OPTIND|PPID|PS[124]|_)$/,
  // npm includes the name of the CI service in its user agent.
  /^(?:CI|CI_.*|CONTINUOUS_INTEGRATION|BUILD_.*|RUN_ID|GITHUB_.*|GITLAB_.*|TRAVIS.*|JENKINS.*|VERCEL.*|NETLIFY.*)$/,
  // Shells do not pass on variables with other names.
  /[^\w]|^\d/,
];

/**
 * Finds a variable that would have reached the app in another way through a package runner that was started without it.
 * @returns the reason as the end of a sentence, or undefined if there is none
 */
export function findRunnerDifference(booted: NodeJS.ProcessEnv, wanted: NodeJS.ProcessEnv): string | undefined {
  const differs = (name: string) => booted[name] !== wanted[name] && READ_BY_RUNNERS.some((each) => each.test(name));
  const name = [...new Set([...Object.keys(booted), ...Object.keys(wanted)])].find(differs);
  return name === undefined ? undefined : `${name} differs from that of the build: package runners read it`;
}

/**
 * Finds a variable whose new value would come too late for a process that has booted with another environment.
 * @returns the reason as the end of a sentence, or undefined if there is none
 */
export function findBootDifference(booted: NodeJS.ProcessEnv, wanted: NodeJS.ProcessEnv): string | undefined {
  for (const name of new Set([...Object.keys(booted), ...Object.keys(wanted)])) {
    if (booted[name] === wanted[name]) continue;
    const rule = READ_AT_BOOT.find((each) => each.name.test(name));
    if (rule !== undefined) return `${name} differs from that of the build: ${rule.why}`;
  }
  return undefined;
}

/**
 * Checks whether the system may refuse to start a program with these variables. A running process could take them, but
 * could not start other programs.
 * @returns the reason as the end of a sentence, or undefined if there is none
 */
export function findOversize(env: NodeJS.ProcessEnv): string | undefined {
  const bytes = Object.entries(env).reduce(
    (sum, [name, value = '']) => sum + Buffer.byteLength(`${name}=${value}`) + 1,
    0,
  );
  return bytes > MAX_STRING_BYTES ? 'its variables may be more than the system passes on to a program' : undefined;
}
