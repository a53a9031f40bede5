import { createHash } from 'node:crypto';

/** Pages that the gateway shows by itself: they load nothing, run nothing, and post to the gateway only. */

const style = `body{font:16px/1.5 system-ui,sans-serif;margin:0;min-height:100vh;display:grid;place-items:center;background:#f6f7f9;color:#1c2430}
main{background:#fff;border:1px solid #d9dee5;border-radius:8px;padding:2rem;max-width:24rem;margin:1rem;box-sizing:border-box}
a{color:#1c56bd}h1{font-size:1.25rem;margin:0 0 .5rem}button{font:inherit;padding:.5rem 1rem;border:0;border-radius:6px;background:#1f5fd0;color:#fff;cursor:pointer}
@media(prefers-color-scheme:dark){body{background:#12161c;color:#e4e8ee}main{background:#1a2029;border-color:#303846}a{color:#86b0ff}}`;

export const pageHeaders = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy': `default-src 'none'; style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'`,
  // The secret is in the path. Stricter would have the form's Origin say null.
  'referrer-policy': 'same-origin',
  'x-frame-options': 'DENY',
};

const page = (title: string, body: string): string =>
  `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${title} · Sealstream</title><style>${style}</style></head><body><main><h1>${title}</h1>${body}</main></body></html>\n`;

/** Asks before it signs in: what only looks at a link, as mail filters and chat previews do, leaves it as it is. */
export const askPage = (note: string): string =>
  page('Sign in to Sealstream', `<p>${note}</p><form method="post"><button autofocus>Sign in</button></form>`);

export const usedPage = page(
  'This link no longer works',
  '<p>It was used, has expired or was taken back. Ask for a new one, or <a href="/">sign in another way</a>.</p>',
);
