import type { DevServer } from '../../dev-server/dev-server.js';
import { toEventJson } from '../../dev-server/event-json.js';
import type { DevServerEvent } from '../../dev-server/events.js';
import { LineWriter } from './line-writer.js';
import type { Output } from './output.js';
import { portRemarks } from './port-remarks.js';
import type { Reporter } from './reporter.js';

/** Prints the events of the dev server for programs: one JSON object per line, each with an `event`. */
export class JsonReporter implements Reporter {
  readonly #output: Output;
  readonly #writer: LineWriter;

  constructor(output: Output) {
    this.#output = output;
    this.#writer = new LineWriter(output, (lines) => this.#writer.json({ event: 'left-out', lines }));
  }

  started(server: DevServer, ms: number): void {
    this.#output.jsonWithHints({
      event: 'started',
      ...server.info,
      ms: Math.round(ms),
      ended_leftovers: server.leftovers.ended,
      remark: server.remark ?? null,
      port_remarks: portRemarks(server.portMove),
    });
  }

  event(event: DevServerEvent): void {
    const objects = toEventJson(event);
    if (event.type === 'output') return this.#writer.jsonOutput(objects);
    for (const each of objects) {
      // The output of a build is not jamdev's own text, so its hints are not adapted.
      if (event.type === 'build-line') this.#writer.json(each);
      else this.#output.jsonWithHints(each);
    }
  }

  message(text: string): void {
    this.#output.jsonWithHints({ event: 'message', text });
  }
}
