import { ClientRequest, type ClientRequestArgs } from 'node:http';

/** The internals by which Node.js decides which headers to add on its own. There is no option for this. */
interface HeaderWriter {
  _storeHeader(firstLine: string, headers: unknown): void;
  _removedConnection: boolean;
}

const writer = ClientRequest.prototype as unknown as HeaderWriter;

/**
 * A request to a backend that has exactly the given headers. Node.js would add `Connection: keep-alive`, which is the
 * default of HTTP/1.1, and announce a body for methods that usually have one.
 */
export class BackendRequest extends ClientRequest {
  /** @param options include all headers as a flat list: name, value, name, value */
  constructor(options: ClientRequestArgs & { headers: readonly string[] }) {
    super(options);
    this.maxHeadersCount = 0;
  }

  /** Writes the head. Called by Node.js. */
  protected _storeHeader(firstLine: string, headers: unknown): void {
    // Otherwise, Node.js would announce a chunked body whenever no header says how the body ends.
    this.useChunkedEncodingByDefault = false;
    (this as unknown as HeaderWriter)._removedConnection = true;
    writer._storeHeader.call(this, firstLine, headers);
  }
}
