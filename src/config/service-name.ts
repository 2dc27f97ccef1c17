/**
 * A DNS label, as on the platform, that starts with a letter: JSON objects would move names of digits only to the
 * front.
 */
export const SERVICE_NAME = /^[a-z][a-z0-9-]{0,62}$/;
