/** A path component of a repository, according to the distribution specification. */
const COMPONENT = '[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*';
const HOST = '(?:[a-zA-Z0-9](?:[a-zA-Z0-9.-]*[a-zA-Z0-9])?|\\[[0-9a-fA-F:]+\\])(?::\\d+)?';
const REFERENCE = new RegExp(
  `^(?:${HOST}/)?${COMPONENT}(?:/${COMPONENT})*(?::[\\w][\\w.-]{0,127})?(?:@sha256:[0-9a-f]{64})?$`,
);
/** The registry of image references without a host. */
const DEFAULT_HOST = 'docker.io';

/** An image reference in its parts. */
export interface ImageReference {
  /** The host of the registry, with its port; Docker Hub if the reference has none. */
  host: string;
  repository: string;
  /** Undefined means `latest`, unless there is a digest. */
  tag: string | undefined;
  digest: string | undefined;
  /** As written, without tag and digest. */
  name: string;
}

/** Whether a text is an image reference: `registry.example.com/team/app:tag`, `app@sha256:...`. */
export function isImageReference(text: string): boolean {
  return text.length <= 512 && REFERENCE.test(text);
}

/** Whether a reference has a digest, so that it always means the same image. */
export function hasDigest(reference: string): boolean {
  return /@sha256:[0-9a-f]{64}$/.test(reference);
}

/** Whether a text is the digest of an image. */
export function isDigest(text: string): boolean {
  return /^sha256:[0-9a-f]{64}$/.test(text);
}

/**
 * Splits a reference like Docker: the part before the first slash is a registry if it contains a period or a
 * port, or is `localhost`.
 * @param reference accepted by {@link isImageReference}
 */
export function parseImageReference(reference: string): ImageReference {
  const [, name = '', tag, digest] = /^(.+?)(?::([\w][\w.-]*))?(?:@(sha256:[0-9a-f]{64}))?$/.exec(reference) ?? [];
  const slash = name.indexOf('/');
  const first = name.slice(0, Math.max(slash, 0));
  if (/[.:]|^localhost$/.test(first)) return { host: first, repository: name.slice(slash + 1), tag, digest, name };
  return { host: DEFAULT_HOST, repository: slash === -1 ? `library/${name}` : name, tag, digest, name };
}
