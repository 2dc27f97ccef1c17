/** Patterns of time spans as they are printed, however busy the machine is: see src/cli/terminal/duration.ts. */
export const DURATION = String.raw`(?:\d+ ms|[\d.]+ s|\d+ min \d+ s)`;
/** One among several, whose unit may stand with an earlier one. */
export const PHASE = String.raw`(?:\d+(?: ms)?|[\d.]+(?: s)?|\d+ min \d+ s)`;
export const AGE = String.raw`\d+[smhd]`;
