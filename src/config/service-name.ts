/** A DNS label, as on the platform, that starts with a letter: JavaScript objects move keys made of digits to the front. */
export const SERVICE_NAME = /^[a-z][a-z0-9-]{0,62}$/;
