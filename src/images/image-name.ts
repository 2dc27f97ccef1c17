import { createHash } from 'node:crypto';
import type { ImageOwner } from '../builds/image-request.js';

const HASH_CHARACTERS = 8;
/** How much of a service's name stays readable in the name of its images. */
const READABLE_CHARACTERS = 40;

/**
 * The name of an image, of its own for every build of every dev server. It tells whose the image is: a label would tell
 * it as well, but takes the classic builder a step, and the user that time with every save.
 */
export function imageName({ project, stateId, service, runId, number }: ImageOwner): string {
  const readable = service.toLowerCase().replace(/[^a-z0-9]+/g, '-');
  const name =
    readable
      .replace(/^-+|-+$/g, '')
      .slice(0, READABLE_CHARACTERS)
      .replace(/-+$/, '') || 'service';
  // The service's hash too, as its readable form may be that of another.
  const state = stateId === undefined ? '' : `-${hashOf(stateId)}`;
  return `jamdev/${hashOf(project)}${state}-${hashOf(service)}-${name}:${runId}-${number}`;
}

/**
 * What the engine has to look for to find all images of a project: those of its state folder, which a renamed project keeps
 * and nobody else has, not even for a project with the same path on another machine.
 */
export function imagesOfProject({ project, stateId }: Pick<ImageOwner, 'project' | 'stateId'>): string {
  return stateId === undefined ? `jamdev/${hashOf(project)}-*` : `jamdev/*-${hashOf(stateId)}-*`;
}

/** Returns the name of what one stage of a build left that the image does not contain; the first has number 1. */
export function stageName(image: string, stage: number | '*' | ''): string {
  return `${image}-stage${stage}`;
}

/** Whether a name is of something that a stage left. */
export function isStage(name: string): boolean {
  return /-stage\d+$/.test(name);
}

/** Returns the run id in the name of an image or of a stage of its build; '' if there is none. */
export function runOfImage(name: string): string {
  return /:(.+)-\d+(?:-stage\d+)?$/.exec(name)?.[1] ?? '';
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, HASH_CHARACTERS);
}
