import { runDocker } from './docker-cli.js';

/** Whether the words of the engine or of a container say that its program can't be run here. */
export function isExecFormat(words: string): boolean {
  return /exec format error/i.test(words);
}

/** Why it can't be: it is for another kind of machine, or it is a script that does not say what runs it. */
export async function explainExecFormat(image: string): Promise<string> {
  const [ofImage, ofEngine] = await Promise.all([
    platformOf(['image', 'inspect', '--format', '{{.Os}}/{{.Architecture}}', image]),
    platformOf(['version', '--format', '{{.Server.Os}}/{{.Server.Arch}}']),
  ]);
  if (ofImage !== ofEngine && ofImage !== '' && ofEngine !== '') {
    return (
      `Its image is for ${ofImage}, which this Docker Engine (${ofEngine}) can't run: ` +
      `install emulation for it, or set "platform" in the config to build for ${ofEngine}.`
    );
  }
  return 'Its first program is for another kind of machine, or a script without a first line like "#!/bin/sh".';
}

async function platformOf(args: readonly string[]): Promise<string> {
  const { stdout } = await runDocker(args).catch(() => ({ stdout: '' }));
  return stdout.trim();
}
