// Reads a stream until it is stopped, as a client of the API does. Argument: URL.
import { get } from 'node:http';

get(process.argv[2] ?? '', (response) => response.resume());
