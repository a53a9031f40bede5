import { execFileSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join, normalize } from 'node:path';
import { chromium, type Page } from 'playwright-core';
import { packageRoot } from '../../services/core/paths.js';

/** Where a Chromium is, or why there is none. */
function findChromium(): { path: string } | { missing: string } {
  for (const name of ['chromium', 'chromium-browser', 'google-chrome']) {
    try {
      return { path: execFileSync('which', [name], { encoding: 'utf8' }).trim() };
    } catch {}
  }
  return { missing: 'no Chromium on the PATH (Debian: apt-get install chromium)' };
}

const found = findChromium();
export const chromiumMissing: string | false = 'missing' in found ? found.missing : false;

export function chromiumPath(): string {
  if ('missing' in found) throw new Error(found.missing);
  return found.path;
}

/** Bare names that the compiled modules import, as a page finds them; a bundler would do the same. */
const imports = {
  '@noble/hashes/sha2.js': '/node_modules/@noble/hashes/sha2.js',
  '@noble/hashes/legacy.js': '/node_modules/@noble/hashes/legacy.js',
  '@peculiar/utils': '/node_modules/@peculiar/utils/build/index.js',
  asn1js: '/node_modules/asn1js/build/index.js',
  bytestreamjs: '/node_modules/bytestreamjs/build/index.js',
  pkijs: '/node_modules/pkijs/build/index.js',
};
const html = `<!doctype html><script type="importmap">${JSON.stringify({ imports })}</script>`;

/** A headless Chromium on a page that can import this package's compiled modules as they are. */
export async function openPage(): Promise<{ page: Page; complaints: string[]; close(): Promise<void> }> {
  const server = createServer(async (request, response) => {
    const path = normalize(request.url!.split('?', 1)[0]!);
    if (path === '/') return void response.setHeader('content-type', 'text/html').end(html);
    try {
      const bytes = await readFile(join(packageRoot(), path));
      response.setHeader('content-type', 'text/javascript').end(bytes);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const browser = await chromium.launch({
    executablePath: chromiumPath(),
    args: ['--no-sandbox', '--disable-dev-shm-usage'],
  });
  const page = await browser.newPage();
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(String(error)));
  await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  return {
    page,
    complaints,
    async close() {
      await browser.close();
      server.closeAllConnections();
      server.close();
    },
  };
}
