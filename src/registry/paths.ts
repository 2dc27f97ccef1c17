/** Where `jamdev serve` gives out access to its registry. */
export const TOKEN_PATH = '/registry/token';
/** Where it takes the registry's notifications. */
export const EVENTS_PATH = '/registry/events';
