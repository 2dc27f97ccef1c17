import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Only a test that hangs takes so long: tests wait for conditions, with deadlines of their own (test/support/wait.ts).
    testTimeout: 180_000,
    hookTimeout: 180_000,
    // No test may touch the home folder of the user who runs it.
    globalSetup: './test/support/user-state.ts',
    reporters: ['default', './test/support/closing-line-reporter.ts'],
    // For two cores: a file with real processes was measured to use 45 to 85 percent of one, and waits the rest of the time.
    maxWorkers: 3,
    // Counts what tests run in their own process. The command line, containers, a cluster and other machines run in
    // others: these are tested from outside, and not counted.
    coverage: {
      include: ['src/**/*.ts'],
      exclude: [
        'src/cli/**',
        'src/docker-engine/ssh/**',
        'src/images/**',
        'src/plane/**',
        'src/runtime/docker/**',
        'src/serve/**',
      ],
      // Nothing is printed unless the floor is missed: the run ends with its line of counts.
      reporter: ['json-summary'],
      reportsDirectory: 'node_modules/.cache/jamdev/coverage',
      thresholds: {
        // A floor that only rises: a run with two percent more writes it here, to be committed with what raised it.
        autoUpdate: (percent: number) => Math.floor(percent / 2) * 2,
        statements: 88,
        branches: 82,
        functions: 90,
        lines: 90,
      },
      // Other systems have other ways to read processes and files, which do not run on Linux, and the other way round.
      ...(process.platform === 'linux' ? {} : { thresholds: {} }),
    },
  },
});
