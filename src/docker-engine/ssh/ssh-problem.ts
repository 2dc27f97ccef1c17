import type { JamdevError } from '../../contract/errors/jamdev-error.js';
import { dockerErrors } from '../docker-errors.js';
import { type SshTarget, sshCommand } from './ssh-target.js';

/** Messages of ssh, and the remedy for each. */
const REMEDIES: readonly [RegExp, (target: SshTarget) => string][] = [
  [/spawn ssh ENOENT/, () => "Install OpenSSH's client: there is no ssh command on this machine."],
  [
    /IDENTIFICATION HAS CHANGED|host key .*changed/i,
    ({ host }) => `Its host key has changed: find out why, then remove the old one: ssh-keygen -R ${host}`,
  ],
  [
    /host key verification failed|no .*host key is known/i,
    (target) => `Its host key is not known: check and accept it once by hand: ${sshCommand(target)}`,
  ],
  [
    /permission denied|too many authentication failures/i,
    (target) =>
      `jamdev asks for no password or passphrase: load the key into the agent (ssh-add), then check: ${sshCommand(target)} -o BatchMode=yes docker version`,
  ],
  [
    // The server sends the same message if a socket does not exist, is forbidden, or if forwarding is not allowed.
    /open failed|forwarding/i,
    (target) =>
      `Check that the engine runs there and this user may use it (${sshCommand(target)} docker version), and that the SSH server allows it: AllowStreamLocalForwarding yes, AllowTcpForwarding yes`,
  ],
];

/** Makes an error for users from ssh's output. @param words its latest output; '' if there was none */
export function sshProblem(url: string, target: SshTarget, words: string): JamdevError {
  const known = REMEDIES.find(([pattern]) => pattern.test(words))?.[1];
  const remedy =
    known?.(target) ?? `Check the host, the port and the network, and that this works: ${sshCommand(target)}`;
  return dockerErrors.engineUnreachable(url, lastLine(words), remedy);
}

/** Returns the last line that is not empty; warnings come before it. */
function lastLine(words: string): string {
  const lines = words.split('\n').map((line) => line.trim());
  const last = lines.filter((line) => line !== '').at(-1) ?? 'the SSH connection ended without a reason';
  return last.replace(/^channel \d+: /, '').replace(/\.$/, '');
}
