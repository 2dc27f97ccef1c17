/**
 * Limit of `env`, image, credentials and key of a spawn together as JSON, in bytes. Plane sends spawns through
 * notifications of PostgreSQL, which hold 8,000 bytes: measured with 0.5.5, 7.0 KB of `env` succeed and 7.5 KB fail
 * with 500.
 */
export const MAX_SPAWN_BYTES = 6 * 1024;

/** Returns the size of a spawn that counts towards {@link MAX_SPAWN_BYTES}. */
export function spawnBytes(spawn: {
  key: string;
  image: string;
  credentials?: unknown;
  env: Record<string, string>;
}): number {
  return Buffer.byteLength(JSON.stringify(spawn));
}
