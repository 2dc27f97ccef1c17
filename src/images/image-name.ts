import { createHash } from 'node:crypto';
import type { ImageOwner } from '../builds/image-request.js';

const HASH_CHARACTERS = 8;
/** How many characters of a service's name stay readable in the name of its images. */
const READABLE_CHARACTERS = 40;

/**
 * Returns the name of an image, unique for every build of every dev server. The name tells who owns the image. A label could
 * do that too, but it costs the classic builder an extra step on every save.
 */
export function imageName({ project, stateId, service, runId, number }: ImageOwner): string {
  const readable = service.toLowerCase().replace(/[^a-z0-9]+/g, '-');
  const name =
    readable
      .replace(/^-+|-+$/g, '')
      .slice(0, READABLE_CHARACTERS)
      .replace(/-+$/, '') || 'service';
  // The hash of the service is needed too, since two services may have the same readable form.
  const state = stateId === undefined ? '' : `-${hashOf(stateId)}`;
  return `jamdev/${hashOf(project)}${state}-${hashOf(service)}-${name}:${runId}-${number}`;
}

/**
 * Returns the pattern that finds all images of a project. It matches by the state folder, which a renamed project keeps and
 * no other project shares, not even one with the same path on another machine.
 */
export function imagesOfProject({ project, stateId }: Pick<ImageOwner, 'project' | 'stateId'>): string {
  return stateId === undefined ? `jamdev/${hashOf(project)}-*` : `jamdev/*-${hashOf(stateId)}-*`;
}

/** Returns the name for an image that one stage of a build left behind; the first has number 1. */
export function stageName(image: string, stage: number | '*' | ''): string {
  return `${image}-stage${stage}`;
}

/** Whether a name belongs to an image that a stage left behind. */
export function isStage(name: string): boolean {
  return /-stage\d+$/.test(name);
}

/** Returns the run id in the name of an image or of one of its stages; '' if there is none. */
export function runOfImage(name: string): string {
  return /:(.+)-\d+(?:-stage\d+)?$/.exec(name)?.[1] ?? '';
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, HASH_CHARACTERS);
}
