import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { STATUSES } from '../../src/contract/statuses.js';
import type { Ledger, SeenStatus } from './ledger.js';

/** The final statuses of all backends, by id. */
export type Histories = ReadonlyMap<string, readonly SeenStatus[]>;

/**
 * Finds keys whose requests reached two backends alternately, according to what backends recorded in their mounts.
 * @param mounts the folder of all mounts
 */
export function findSharedKeys(mounts: string): string[] {
  const services = join(mounts, 'acme', 'default');
  const folders = existsSync(services) ? readdirSync(services) : [];
  return folders.flatMap((folder) => {
    const holders = readdirSync(join(services, folder)).map((name) => {
      const times = readFileSync(join(services, folder, name), 'utf8')
        .trim()
        .split('\n')
        .map(Number);
      const [fencing = '', id] = name.split('-');
      return { id, fencing: Number(fencing), firstMs: times[0] ?? 0, lastMs: times.at(-1) ?? 0 };
    });
    holders.sort((a, b) => a.fencing - b.fencing);
    return holders.slice(1).flatMap((younger, index) => {
      const older = holders[index] as (typeof holders)[number];
      if (older.lastMs <= younger.firstMs) return [];
      return [
        `${older.id} got a request ${older.lastMs - younger.firstMs} ms after ${younger.id}, the next holder of its key`,
      ];
    });
  });
}

/** Finds tokens that failed although the session was not ending, and that worked again later. */
export function findRefusedTokens({ refusals, answers }: Ledger, histories: Histories): string[] {
  return refusals.flatMap(({ backendId, token, endedAtMs }) => {
    const history = histories.get(backendId) ?? [];
    const end = history.find(({ status }) => STATUSES.indexOf(status) > STATUSES.indexOf('ready'));
    const later = answers.filter((answer) => answer.backendId === backendId && answer.sentAtMs > endedAtMs);
    if (end !== undefined && (later.length === 0 || Date.parse(end.time) <= endedAtMs)) return [];
    const used = answers.filter((answer) => answer.token === token).length;
    return [
      `the token ${token} of ${backendId} was refused at ${new Date(endedAtMs).toISOString()}; with it ${used} requests ` +
        `were answered, and ${later.length} with others later; its statuses: ${history.map(toText).join(', ')}`,
    ];
  });
}

/** Finds streams that lost, repeated or changed a status, and statuses that moved backward. */
export function findBadStatuses({ streams, polls }: Ledger, histories: Histories): string[] {
  const inStreams = streams.flatMap(({ backendId, statuses, isWhole }) => {
    const history = (histories.get(backendId) ?? []).map(toText);
    const seen = statuses.map(toText);
    const isPrefix = seen.every((text, index) => text === history[index]);
    if (isPrefix && (!isWhole || seen.length === history.length)) return [];
    return [`a stream of ${backendId} brought ${seen.join(', ')} instead of ${history.join(', ')}`];
  });
  const inPolls = [...polls].flatMap(([backendId, seen]) => {
    const history = (histories.get(backendId) ?? []).map(toText);
    const places = seen.map((status) => history.indexOf(toText(status)));
    const isForward = places.every((place, index) => place >= 0 && place >= (places[index - 1] ?? 0));
    return isForward ? [] : [`${backendId} was ${seen.map(toText).join(', ')}, but went through ${history.join(', ')}`];
  });
  return [...inStreams, ...inPolls];
}

function toText({ status, time }: SeenStatus): string {
  return `${status} at ${time}`;
}
