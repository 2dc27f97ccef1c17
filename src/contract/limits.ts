/** How large the first line and the headers of a request to the API may be together, in bytes. */
export const MAX_API_HEAD_BYTES = 64 * 1024;
/** The same of what passes through the proxy, requests and answers: as much as Plane takes. */
export const MAX_PROXIED_HEAD_BYTES = 408 * 1024;
/** How long the target of a request to the proxy may be, in bytes. Plane answers a longer one with 414. */
export const MAX_TARGET_BYTES = 65_534;
/** The most starts of backends that are prepared ahead of time for one service. */
export const MAX_WARM = 16;

/** Bodies of API requests are small; more than this is a mistake. */
export const MAX_API_BODY_BYTES = 1024 * 1024;
