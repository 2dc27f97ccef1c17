/** Runs scenarios of one test at the same time, as most of their time is waiting. All are run to their end; then those that failed are named. */
export async function together(scenarios: Record<string, () => Promise<void>>): Promise<void> {
  const names = Object.keys(scenarios);
  const outcomes = await Promise.allSettled(Object.values(scenarios).map((scenario) => scenario()));
  const failures = outcomes.flatMap((outcome, index) =>
    outcome.status === 'rejected' ? [new Error(`${names[index]}: ${outcome.reason}`, { cause: outcome.reason })] : [],
  );
  if (failures.length === 1) throw failures[0];
  if (failures.length > 1) throw new AggregateError(failures, failures.map(({ message }) => message).join('\n'));
}
