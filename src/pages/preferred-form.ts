/** The forms of the dev server's own responses: HTML for a person in a browser, JSON for a program. */
export type Form = 'html' | 'json';

/**
 * Chooses the form by a request's Accept header. Wildcards don't count, because nearly all clients send them.
 * @param fallback the form for clients that name neither type
 */
export function preferredForm(accept: string | undefined, fallback: Form): Form {
  const ranges = (accept ?? '').toLowerCase();
  const html = qualityOf('text/html', ranges);
  const json = qualityOf('application/json', ranges);
  if (html !== json) return html > json ? 'html' : 'json';
  if (html === 0) return fallback;
  return ranges.indexOf('text/html') < ranges.indexOf('application/json') ? 'html' : 'json';
}

/** Returns the quality of a type from 0 (not named, or refused) to 1. */
function qualityOf(type: string, ranges: string): number {
  for (const range of ranges.split(',')) {
    const [name = '', ...parameters] = range.split(';').map((part) => part.trim());
    if (name !== type) continue;
    const quality = parameters.find((each) => each.startsWith('q='))?.slice('q='.length);
    const value = quality === undefined ? 1 : Number(quality);
    return value >= 0 && value <= 1 ? value : 0;
  }
  return 0;
}
