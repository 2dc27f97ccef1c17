/** Variables that a process reads while it boots: once it runs, new values come too late. */
const READ_AT_BOOT: readonly { name: RegExp; why: string }[] = [
  { name: /^NODE_/, why: 'Node.js reads it while it starts' },
  { name: /^(?:UV_|ICU_)/, why: 'libraries of Node.js read it while it starts' },
  { name: /^(?:SSL_|OPENSSL_)/, why: 'OpenSSL reads it while Node.js starts' },
  { name: /^(?:LD_|DYLD_)/, why: 'the dynamic linker reads it' },
  { name: /^(?:LC_|LANG|LOCPATH|NLSPATH|TZ)/, why: 'language, formats and time zone are chosen while Node.js starts' },
  { name: /^(?:MALLOC_|GLIBC_TUNABLES$)/, why: 'the memory allocator reads it' },
  { name: /^(?:HTTPS?_PROXY|NO_PROXY)$/i, why: 'Node.js may set up its proxy by it while it starts' },
];

/**
 * Finds a variable whose new value would come too late for a process that has booted with another environment.
 * @returns why, as the end of a sentence; undefined when there is none
 */
export function findBootDifference(booted: NodeJS.ProcessEnv, wanted: NodeJS.ProcessEnv): string | undefined {
  for (const name of new Set([...Object.keys(booted), ...Object.keys(wanted)])) {
    if (booted[name] === wanted[name]) continue;
    const rule = READ_AT_BOOT.find((each) => each.name.test(name));
    if (rule !== undefined) return `${name} differs from that of the build: ${rule.why}`;
  }
  return undefined;
}
