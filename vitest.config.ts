import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 30_000,
    hookTimeout: 30_000,
    // No test may touch the home of whoever runs it.
    globalSetup: './test/support/user-state.ts',
    reporters: ['default', './test/support/closing-line-reporter.ts'],
    // Real processes on two cores: more workers than that only slow each other down.
    maxWorkers: 2,
  },
});
