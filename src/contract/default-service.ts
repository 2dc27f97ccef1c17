/** The name of the only service of a project whose config names none. */
export const DEFAULT_SERVICE = 'default';
