import { doctorErrors } from './doctor-errors.js';
import { type Finding, fine, trouble } from './finding.js';

/**
 * Checks whether this Node.js on this system can run jamdev.
 * @param version such as `20.19.0`
 * @param wanted `engines.node` of package.json, such as `>=20.19`
 */
export function judgeNode(version: string, wanted: string, system: NodeJS.Platform, arch: string): Finding {
  const needed = wanted.replace(/^>=\s*/, '');
  if (system === 'win32') return trouble('node', 'failure', doctorErrors.windows());
  if (isOlder(version, needed)) return trouble('node', 'failure', doctorErrors.nodeTooOld(version, needed));
  return fine('node', `Node.js ${version} on ${system} ${arch} (${needed} or newer is needed)`);
}

function isOlder(version: string, than: string): boolean {
  const [have, need] = [version, than].map((text) => text.split('.').map(Number));
  for (const [index, part] of (need ?? []).entries()) {
    const own = have?.[index] ?? 0;
    if (own !== part) return own < part;
  }
  return false;
}
