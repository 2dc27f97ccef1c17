import { existsSync, readFileSync } from 'node:fs';
import { runDocker } from '../../../docker-engine/docker-cli.js';
import type { Engine } from '../../../docker-engine/engine.js';
import { noteHandled } from '../../../os/debug/debug-log.js';
import type { EngineInfo } from './docker.js';
import { doctorErrors } from './doctor-errors.js';
import { type Finding, fine, trouble } from './finding.js';

/** The known facts about the engine's emulation of other processors. */
export interface Emulators {
  /** Whether the engine runs on this kernel, so that emulators registered here apply to it. */
  sameKernel: boolean;
  /** Emulators registered with the kernel (binfmt_misc), such as `qemu-x86_64`; undefined if they can't be read. */
  registered: readonly string[] | undefined;
  /** Platforms that the engine's builder reports; undefined if it reports none. */
  builder: readonly string[] | undefined;
}

/** The kernel's names of processors, by Docker's names. */
const KERNEL_NAMES: Record<string, string> = {
  amd64: 'x86_64',
  arm64: 'aarch64',
  '386': 'i386',
  arm: 'arm',
  ppc64le: 'ppc64le',
  s390x: 's390x',
  riscv64: 'riscv64',
};
const BINFMT = '/proc/sys/fs/binfmt_misc';
/** Names of products, or of their kernels, that include emulation. */
const WITH_EMULATION = /docker desktop|linuxkit|orbstack/i;

/**
 * Checks whether an engine can run images for a platform.
 * @param used whether the project needs the platform, so that a missing emulator is a failure
 */
export function judgeEmulation(platform: string, engine: EngineInfo, emulators: Emulators, used: boolean): Finding {
  const check = 'emulation';
  const [system, arch] = parts(platform);
  const [engineSystem, engineArch] = parts(engine.platform);
  const runs = `images for ${platform} run`;
  if (system === engineSystem && (arch === engineArch || (engineArch === 'amd64' && arch === '386'))) {
    return fine(check, `${runs} natively`);
  }
  if (WITH_EMULATION.test(`${engine.product} ${engine.kernel}`)) {
    return fine(check, `${runs} emulated, more slowly (on ${engine.platform})`);
  }
  const kernelName = KERNEL_NAMES[arch] ?? arch;
  const names = [`qemu-${kernelName}`, ...(arch === 'amd64' ? ['rosetta'] : [])];
  const known = emulators.sameKernel ? emulators.registered : undefined;
  const emulator = known?.find((name) => names.includes(name));
  if (emulator !== undefined) return fine(check, `${runs} emulated by ${emulator}, more slowly`);
  if (emulators.builder?.some((each) => parts(each).join('/') === `${system}/${arch}`)) {
    return fine(check, `${runs} emulated, more slowly (on ${engine.platform})`);
  }
  if (known === undefined && emulators.builder === undefined) {
    return trouble(check, 'warning', doctorErrors.emulationUnknown(platform, engine.platform));
  }
  return trouble(check, used ? 'failure' : 'warning', doctorErrors.emulationMissing(platform, arch, engine.platform));
}

/** Looks for emulators in the kernel, and in the builder, since an engine may have its own. */
export async function findEmulators(engine: Engine, timeoutMs: number): Promise<Emulators> {
  const sameKernel = process.platform === 'linux' && engine.sharesKernel;
  const registered = sameKernel ? listRegistered() : undefined;
  if (registered !== undefined && registered.length > 0) return { sameKernel, registered, builder: undefined };
  const { ok, stdout } = await runDocker(['buildx', 'inspect'], { timeoutMs, env: engine.endpoint.environment });
  return { sameKernel, registered, builder: ok ? readBuilderPlatforms(stdout) : undefined };
}

/** Reads the platforms in the output of `docker buildx inspect`, which marks preferred platforms with a star. */
export function readBuilderPlatforms(output: string): string[] | undefined {
  const lines = [...output.matchAll(/^Platforms:\s*(.+)$/gm)].map((match) => match[1] ?? '');
  if (lines.length === 0) return undefined;
  return lines.flatMap((line) => line.split(',').map((platform) => platform.trim().replace(/\*$/, '')));
}

/** Lists the enabled emulators. */
function listRegistered(): string[] | undefined {
  if (!existsSync(`${BINFMT}/status`)) return undefined;
  const names = Object.values(KERNEL_NAMES).map((name) => `qemu-${name}`);
  return [...names, 'rosetta'].filter((name) => {
    try {
      return readFileSync(`${BINFMT}/${name}`, 'utf8').startsWith('enabled');
    } catch (error) {
      noteHandled('cli', 'listing emulators', error);
      return false;
    }
  });
}

/** Splits a platform into system and processor, in Docker's names. Variants of a processor count as the same. */
function parts(platform: string): [system: string, arch: string] {
  const [system = '', arch = ''] = platform.split('/');
  const names: Record<string, string> = { x86_64: 'amd64', aarch64: 'arm64', i386: '386' };
  return [system, names[arch] ?? arch];
}
