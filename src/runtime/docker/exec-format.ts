import type { Engine } from '../../docker-engine/engine.js';
import { ignoreError } from '../../os/debug/debug-log.js';

/** Whether a message of the engine, or the output of a container, says that its program can't run here. */
export function isExecFormat(words: string): boolean {
  return /exec format error/i.test(words) || words.includes('\x7fELF');
}

/**
 * Whether the output may be that of a shell that ran such a program as a script, which happens with the engine's init.
 */
export function mayBeExecFormat(words: string): boolean {
  return isExecFormat(words) || /syntax error|not found/i.test(words);
}

/**
 * Explains why a program can't be run: it is for another platform, or a script without a shebang line.
 * @param isCertain whether the program is known not to run; if not, only a different platform counts as an explanation
 */
export async function explainExecFormat(
  engine: Engine,
  image: string,
  isCertain: boolean,
): Promise<string | undefined> {
  const [ofImage, ofEngine] = await Promise.all([
    engine
      .request<Platform>('GET', `/images/${image}/json`)
      .then(nameOf, ignoreError('docker', 'asking for the platform of an image', '')),
    engine
      .version()
      .then(
        ({ Os, Arch }) => nameOf({ Os, Architecture: Arch }),
        ignoreError('docker', 'asking for the platform of the engine', ''),
      ),
  ]);
  if (ofImage !== ofEngine && ofImage !== '' && ofEngine !== '') {
    return (
      `Its image is for ${ofImage}, which this Docker Engine (${ofEngine}) can't run: ` +
      `install emulation for it, or set "platform" in the config to build for ${ofEngine}.`
    );
  }
  if (!isCertain) return undefined;
  return 'Its first program is for another kind of machine, or a script without a first line like "#!/bin/sh".';
}

interface Platform {
  Os: string;
  Architecture: string;
}

function nameOf({ Os, Architecture }: Platform): string {
  return `${Os}/${Architecture}`;
}
