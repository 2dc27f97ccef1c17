/** How large the first line and the headers of a request or an answer may be together, in bytes. */
export const MAX_HEAD_BYTES = 64 * 1024;
