/** How each package manager runs the jamdev that is installed in a project. */
export const JAMDEV_BY = {
  npm: 'npx jamdev',
  pnpm: 'pnpm exec jamdev',
  yarn: 'yarn jamdev',
  bun: 'bunx jamdev',
} as const;
