import type { JamdevError } from '../contract/errors/jamdev-error.js';
import { type RenderedPage, renderPage } from './page.js';

/**
 * Renders the page that shows an error to a person.
 * @param id as in the JSON form of the answer
 * @param refreshSeconds after how long the browser loads it again; undefined: never
 */
export function renderErrorPage(error: JamdevError, id: string, refreshSeconds?: number): RenderedPage {
  return renderPage({
    heading: error.message,
    text: error.remedy === '' ? [] : [error.remedy],
    lines: error.lastLines,
    note: `jamdev: ${error.status} ${error.code}, ${id}`,
    ...(refreshSeconds === undefined ? {} : { refreshSeconds }),
  });
}
