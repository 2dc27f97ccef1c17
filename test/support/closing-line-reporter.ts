import type { Reporter, TestCase, TestModule } from 'vitest/node';

/**
 * Prints why a test failed immediately, because an interrupted run never prints its list of failures. Ends the run with
 * one plain line of counts, and names every skipped test.
 */
export default class ClosingLineReporter implements Reporter {
  onTestCaseResult(test: TestCase): void {
    const { state, errors = [] } = test.result();
    if (state !== 'failed') return;
    for (const { message, stack = message } of errors) {
      const own = stack.split('\n').filter((line) => !line.includes('/node_modules/'));
      console.log([`failed: ${test.fullName}`, ...own].join('\n'));
    }
  }

  onTestRunEnd(modules: readonly TestModule[]): void {
    const counts = { passed: 0, failed: 0, skipped: 0 };
    for (const module of modules) {
      // A file that could not be loaded has no tests to count.
      if (module.state() === 'failed' && [...module.children.allTests('failed')].length === 0) counts.failed += 1;
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        if (state === 'passed' || state === 'failed') counts[state] += 1;
        if (state === 'skipped') {
          counts.skipped += 1;
          console.log(`skipped: ${test.fullName}`);
        }
      }
    }
    console.log(`tests: ${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
  }
}
