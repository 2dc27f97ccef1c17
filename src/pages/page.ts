import { createHash } from 'node:crypto';

/** The content of a page that the dev server itself shows, as plain text. */
export interface Page {
  /** Says what happened, in one sentence; also the title of the tab. */
  heading: string;
  /** Paragraphs below the heading. */
  text: readonly string[];
  /** Lines of output, oldest first. */
  lines?: readonly string[];
  /** Small print at the end. */
  note?: string;
  /** Seconds until the browser reloads the page. */
  refreshSeconds?: number;
}

/** A rendered page and the headers to send with it. */
export interface RenderedPage {
  headers: Record<string, string>;
  body: string;
}

const STYLE = `
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { max-width: 44rem; margin: 12vh auto 2rem; padding: 0 1.5rem; color: #1c1e21; background: #fcfcfd; }
h1 { font-size: 1.25rem; line-height: 1.35; }
p, h1, pre { overflow-wrap: anywhere; }
pre { padding: .75rem 1rem; border-radius: .375rem; background: #f0f1f4; font: .8125rem/1.5 ui-monospace, monospace; white-space: pre-wrap; }
small { color: #63676f; }
@media (prefers-color-scheme: dark) {
  body { color: #e4e6ea; background: #16181b; }
  pre { background: #212429; }
  small { color: #9aa0a8; }
}
`;

/**
 * Renders a self-contained page: no scripts, fonts or images. Everything in it is escaped, and the headers allow nothing but
 * its own style, so output that looks like HTML does nothing.
 */
export function renderPage({ heading, text, lines = [], note, refreshSeconds }: Page): RenderedPage {
  const body = [
    '<!doctype html>',
    '<html lang="en">',
    '<head>',
    '<meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width">',
    '<meta name="color-scheme" content="light dark">',
    ...(refreshSeconds === undefined ? [] : [`<meta http-equiv="refresh" content="${refreshSeconds}">`]),
    // Keeps browsers from requesting /favicon.ico, which would carry no token.
    '<link rel="icon" href="data:,">',
    `<title>${escapeHtml(heading)}</title>`,
    `<style>${STYLE}</style>`,
    '</head>',
    '<body>',
    `<h1>${escapeHtml(heading)}</h1>`,
    ...text.map((paragraph) => `<p>${escapeHtml(paragraph)}</p>`),
    ...(lines.length === 0 ? [] : ['<p>Its last lines:</p>', `<pre>\n${lines.map(escapeHtml).join('\n')}</pre>`]),
    ...(note === undefined ? [] : [`<small>${escapeHtml(note)}</small>`]),
    '</body>',
    '</html>',
    '',
  ].join('\n');
  const styleHash = createHash('sha256').update(STYLE).digest('base64');
  return {
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': `default-src 'none'; style-src 'sha256-${styleHash}'; img-src data:; base-uri 'none'; form-action 'none'`,
      // The URL of the page may contain a connection token.
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
      'cache-control': 'no-store',
    },
    body,
  };
}

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? character);
}
