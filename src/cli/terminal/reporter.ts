import type { DevServer } from '../../dev-server/dev-server.js';
import type { DevServerEvent } from '../../dev-server/events.js';
import type { BannerLine } from './banner.js';
import type { Text } from './text.js';

/** Shows the events of a dev server to a person or a program. */
export interface Reporter {
  /** @param environment the lines about env files, for people */
  started(server: DevServer, ms: number, environment: readonly BannerLine[]): void;
  event(event: DevServerEvent): void;
  message(text: Text): void;
}
