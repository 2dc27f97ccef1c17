import { ClientRequest, type ClientRequestArgs } from 'node:http';

/** What decides in Node.js which header lines it adds by itself. It has no option for that. */
interface HeaderWriter {
  _storeHeader(firstLine: string, headers: unknown): void;
  _removedConnection: boolean;
}

const writer = ClientRequest.prototype as unknown as HeaderWriter;

/**
 * A request to a backend that has the given header lines and no other: Node.js would add `Connection: keep-alive`, which
 * is the default of HTTP/1.1, and announce a body for methods that usually have one.
 */
export class BackendRequest extends ClientRequest {
  /** @param options with all headers: name, value, name, value */
  constructor(options: ClientRequestArgs & { headers: readonly string[] }) {
    super(options);
    this.maxHeadersCount = 0;
  }

  /** Called by Node.js to write the head. */
  protected _storeHeader(firstLine: string, headers: unknown): void {
    // Without this, a body in chunks would be announced where no header says how it ends.
    this.useChunkedEncodingByDefault = false;
    (this as unknown as HeaderWriter)._removedConnection = true;
    writer._storeHeader.call(this, firstLine, headers);
  }
}
