import { usageError } from './errors/usage-error.js';

const UNIT_SECONDS: Record<string, number> = { s: 1, m: 60, h: 3600, d: 86_400 };

/**
 * Parses a duration: whole seconds (`90`) or a number with a unit (`90s`, `5m`, `1h`, `2d`).
 * @param option the name of the option, for the message
 * @returns seconds, at least 1
 * @throws JamdevError `Usage`
 */
export function parseDurationSeconds(text: string, option: string): number {
  const match = /^(\d{1,9})([smhd]?)$/.exec(text.trim());
  const seconds = match ? Number(match[1]) * (UNIT_SECONDS[match[2] || 's'] ?? 1) : 0;
  if (seconds < 1) {
    throw usageError(`${option} must be a duration of at least one second, not "${text}".`, 'For example: 90, 5m, 1h');
  }
  return seconds;
}
