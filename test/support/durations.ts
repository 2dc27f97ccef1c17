/** Patterns of printed durations, however busy the machine is: see src/cli/terminal/duration.ts. */
export const DURATION = String.raw`(?:\d+ ms|[\d.]+ s|\d+ min \d+ s)`;
/** One of several, whose unit may follow an earlier one. */
export const PHASE = String.raw`(?:\d+(?: ms)?|[\d.]+(?: s)?|\d+ min \d+ s)`;
export const AGE = String.raw`\d+[smhd]`;
