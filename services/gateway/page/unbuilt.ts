import { createHash } from 'node:crypto';

const style = `body{font:15px/1.5 system-ui,sans-serif;margin:0;min-height:100vh;display:grid;place-items:center;background:#f6f7f9;color:#1c2430}
main{max-width:30rem;padding:1rem}h1{font-size:1.2rem;margin:0 0 .5rem}a{color:#1f5fd0}code{font:13px ui-monospace,monospace}
@media(prefers-color-scheme:dark){body{background:#12161c;color:#e4e8ee}a{color:#8ab4ff}}`;

export const unbuiltPolicy = `default-src 'none'; style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;

/** In the console's place, where a gateway runs from a checkout in which it was never built. */
export const unbuiltPage = `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Sealstream</title><style>${style}</style></head><body><main><h1>The console is not built</h1><p>This gateway found no <code>dist/console</code>. Run <code>npm run build</code>, then start the gateway again. The API is there: see its <a href="/docs">description</a>.</p></main></body></html>\n`;
