/** The name of the only service of a project without named services. */
export const DEFAULT_SERVICE = 'default';
