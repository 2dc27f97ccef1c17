import { backendErrors } from '../contract/errors/backend-errors.js';
import { MAX_PROXIED_HEAD_BYTES } from '../contract/limits.js';
import { pause } from '../os/clock.js';
import { ignoreError } from '../os/debug/debug-log.js';
import type { Backend } from '../platform/backend.js';
import { isEnding } from '../platform/backend-state.js';
import { answerEnded, answerError } from './answers.js';
import type { Exchange } from './exchange.js';

/** How long an answer is delayed to find out which ports a silent backend listens on. */
const EXPLAIN_DEADLINE_MS = 2_000;

/** An error of a request to a backend, with the reason that Node.js's HTTP parser adds. */
export type AttemptError = NodeJS.ErrnoException & { reason?: string };

/** Answers a client whose request to the backend failed. An answer that has already begun ends on its own. */
export function answerFailedAttempt(exchange: Exchange, error: AttemptError): void {
  const { route } = exchange;
  if (route === undefined || exchange.isAnswered || exchange.response.headersSent) return;
  const { code = '' } = error;
  if (code === 'HPE_HEADER_OVERFLOW') {
    answerError(exchange, backendErrors.backendHeadersTooLarge(route.backend.id, MAX_PROXIED_HEAD_BYTES));
  } else if (code.startsWith('HPE_')) {
    answerError(exchange, backendErrors.backendAnswerInvalid(route.backend.id, error.reason ?? error.message));
  } else {
    void answerUnreachable(exchange, route.backend, error).catch((fault) => exchange.fault(fault));
  }
}

/**
 * Answers with what happened to the process that got the request: replaced, ended, or silent, with the reason if it is
 * found in time.
 */
async function answerUnreachable(exchange: Exchange, backend: Backend, error: AttemptError): Promise<void> {
  const { replacement } = backend;
  if (replacement !== undefined) return answerError(exchange, backendErrors.backendReplaced(backend.id, replacement));
  if (isEnding(backend.state)) return answerEnded(exchange, backend);
  const over = new AbortController();
  const explanation = await Promise.race([
    backend.explainSilence(),
    pause(EXPLAIN_DEADLINE_MS, over.signal).catch(
      ignoreError('proxy', 'waiting for the reason of a failed connection'),
    ),
  ]);
  over.abort();
  if (exchange.isAnswered) return;
  if (backend.state.status === 'terminated') answerEnded(exchange, backend);
  else
    answerError(
      exchange,
      backendErrors.backendUnreachable(backend.id, error.code ?? error.message, explanation ?? undefined),
    );
}
