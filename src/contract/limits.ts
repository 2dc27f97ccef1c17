/** Limit of the request line and headers of a request to the API together, in bytes. */
export const MAX_API_HEAD_BYTES = 64 * 1024;
/** The same limit for requests and responses of the proxy: as much as Plane accepts. */
export const MAX_PROXIED_HEAD_BYTES = 408 * 1024;
/** Limit of the target of a request to the proxy, in bytes. Plane answers a longer one with 414. */
export const MAX_TARGET_BYTES = 65_534;
/** Limit of starts prepared ahead of time per service. */
export const MAX_WARM = 16;

/** Bodies of API requests are small; more than this is a mistake. */
export const MAX_API_BODY_BYTES = 1024 * 1024;
