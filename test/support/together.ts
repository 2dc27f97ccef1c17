/**
 * Runs scenarios of one test concurrently, because they mostly wait. All of them run to their end; then the failed ones
 * are named.
 */
export async function together(scenarios: Record<string, () => Promise<void>>): Promise<void> {
  const names = Object.keys(scenarios);
  const outcomes = await Promise.allSettled(Object.values(scenarios).map((scenario) => scenario()));
  const failures = outcomes.flatMap((outcome, index) =>
    outcome.status === 'rejected' ? [new Error(`${names[index]}: ${outcome.reason}`, { cause: outcome.reason })] : [],
  );
  if (failures.length === 1) throw failures[0];
  if (failures.length > 1) throw new AggregateError(failures, failures.map(({ message }) => message).join('\n'));
}
