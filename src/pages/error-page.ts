import type { JamdevError } from '../contract/errors/jamdev-error.js';
import { type RenderedPage, renderPage } from './page.js';

/**
 * Renders the page that shows an error to a person.
 * @param id the same id as in the JSON form of the response
 * @param refreshSeconds delay until the browser reloads the page; undefined: it never does
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
