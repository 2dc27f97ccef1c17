import type { PortMove } from '../../dev-server/choose-ports.js';
import { fromHome } from './project-names.js';

/** The port that the official libraries use in their dev mode, unless JAMSOCKET_DEV_PORT sets another one. */
const LIBRARY_PORT = 8080;

/** Explains to the user in sentences why a dev server does not have the default ports. */
export function portRemarks(move: PortMove | undefined): string[] {
  if (move === undefined) return [];
  const { port, proxyPort, taken } = move;
  const back = `To go back: --port ${LIBRARY_PORT}`;
  const holder = taken?.project === undefined ? 'another program' : `the dev server for ${fromHome(taken.project)}`;
  const why =
    taken === undefined
      ? `This folder keeps the ports ${port} and ${proxyPort}, because the default ports were taken at an earlier start. ${back}`
      : `Port ${taken.port} is used by ${holder}; this folder uses ${port} and ${proxyPort} from now on. ${back}`;
  if (port === LIBRARY_PORT) return [why];
  const otherwise = taken?.project === undefined ? '' : ' and reach the other project';
  return [
    why,
    `Start your app with JAMSOCKET_DEV_PORT=${port}: otherwise the official libraries use port ${LIBRARY_PORT}${otherwise}.`,
  ];
}
