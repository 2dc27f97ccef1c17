import { execFileSync } from 'node:child_process';
import { cpus, loadavg, release, totalmem, type } from 'node:os';

/** @returns {string} the machine and the versions of what is measured, in one sentence */
export function describeMachine() {
  const [cpu] = cpus();
  const node = versionOf('node', '-p', 'process.versions.node');
  const docker = versionOf('docker', 'version', '--format', '{{.Server.Version}}');
  return [
    `${type()} ${release()}`,
    `${cpus().length} cores (${cpu?.model.trim() || 'unknown'})`,
    `${Math.round(totalmem() / 2 ** 30)} GB`,
    `Node.js ${node}`,
    docker === undefined ? 'no Docker Engine' : `Docker Engine ${docker}`,
  ].join(', ');
}

/** @returns {string} how many processes wanted to run on average in the last minute */
export function describeLoad() {
  return (loadavg()[0] ?? 0).toFixed(1);
}

/** @param {string} file @param {string[]} args */
function versionOf(file, ...args) {
  try {
    return execFileSync(file, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch {
    return undefined;
  }
}
