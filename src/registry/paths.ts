/** Path at which `jamdev serve` grants access to its registry. */
export const TOKEN_PATH = '/registry/token';
/** Path at which `jamdev serve` receives the registry's notifications. */
export const EVENTS_PATH = '/registry/events';
