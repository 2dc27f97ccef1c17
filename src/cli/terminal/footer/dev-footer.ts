import type { DevServer } from '../../../dev-server/dev-server.js';
import { systemClock } from '../../../os/clock.js';
import type { Backend } from '../../../platform/backend.js';
import { cleanText } from '../clean.js';
import { formatAge } from '../duration.js';
import type { KeyQuestion } from '../key-question.js';
import type { LogFilter } from '../log-filter.js';
import type { Output } from '../output.js';
import type { Shortcut } from '../shortcuts.js';
import { formatSize } from '../size.js';
import { textWidth } from '../text-width.js';
import { BottomScreen } from './bottom-screen.js';
import { type FooterContent, type FooterRow, layoutFooter, maxRows } from './layout.js';

/** The shortcuts to show first, if there is room. */
const FIRST_HINTS = ['h', 'q', 's', 'o'];

/** The content of the footer of `jamdev dev`. */
export interface FooterSources {
  server: DevServer;
  filter: LogFilter;
  shortcuts: readonly Shortcut[];
  question: KeyQuestion;
}

/** How often the footer samples the usage of its backends; each sample reads all processes of the machine. */
const ASK_PAUSE_MS = 5_000;

/** Creates the screen with the footer of `jamdev dev`. In a separate module because it is loaded late. */
export function createDevScreen(output: Output, sources: FooterSources): BottomScreen {
  let askedAtMs = Number.NEGATIVE_INFINITY;
  return new BottomScreen(output.stream, systemClock, (size, live) => {
    const running = sources.server.parts.platform.running.reverse();
    const shown = running.slice(0, maxRows(size));
    if (performance.now() - askedAtMs >= ASK_PAUSE_MS) {
      askedAtMs = performance.now();
      // Not awaited; the next update shows the result.
      for (const backend of shown) void backend.usage.read();
    }
    const content = { ...contentOf(sources, live, shown), more: running.length - shown.length };
    return layoutFooter(content, size, textWidth, output.chalk);
  });
}

function contentOf(
  { server, filter, shortcuts, question }: FooterSources,
  live: readonly string[],
  shown: readonly Backend[],
): FooterContent {
  const { builder, hotRebuild, runtime } = server.parts;
  const nowMs = Date.now();
  const rank = ({ key }: Shortcut) => (FIRST_HINTS.includes(key) ? FIRST_HINTS.indexOf(key) : FIRST_HINTS.length);
  return {
    rows: shown.map((backend) => toRow(backend, nowMs, backend.usage.latest?.memoryBytes)),
    failing: server.config.services.flatMap(({ name }) => {
      const failed = builder.failureOf(name);
      return failed === undefined ? [] : [{ service: name, number: failed.number, failure: cleanText(failed.failure) }];
    }),
    pools: runtime.counts.map(({ service, warm }) => ({ service: cleanText(service), warm })),
    live: live.map(cleanText),
    filter: filter.only === undefined ? 'all' : cleanText(filter.only.displayName),
    paused: hotRebuild.paused,
    question: question.text === undefined ? undefined : cleanText(question.text),
    hints: shortcuts.toSorted((a, b) => rank(a) - rank(b)).map(({ key, label }) => `${key} ${label}`),
  };
}

function toRow(backend: Backend, nowMs: number, memory: number | undefined): FooterRow {
  const { id, service, key, keyGiven } = backend.identity;
  return {
    id,
    key: keyGiven ? cleanText(key) : undefined,
    service: cleanText(service.name),
    status: backend.state.status,
    age: formatAge(nowMs - backend.createdAt.getTime()),
    connections: String(backend.connections),
    memory: memory === undefined ? '-' : formatSize(memory),
  };
}
