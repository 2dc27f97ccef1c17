import type { JamdevError } from '../contract/errors.js';
import { type RenderedPage, renderPage } from './page.js';

/**
 * The page that tells an error to a person.
 * @param id as in the JSON form of the answer
 */
export function renderErrorPage(error: JamdevError, id: string): RenderedPage {
  return renderPage({
    heading: error.message,
    text: error.remedy === '' ? [] : [error.remedy],
    lines: error.lastLines,
    note: `jamdev: ${error.status} ${error.code}, ${id}`,
  });
}
