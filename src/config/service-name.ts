/** A DNS label, as on the platform, that starts with a letter: JSON objects put names of digits alone first. */
export const SERVICE_NAME = /^[a-z][a-z0-9-]{0,62}$/;
