// Builds the console into dist/console, with each file compressed beside it, as services/gateway/page serves it.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, gzipSync, constants as zlib } from 'node:zlib';
import { defineConfig, type Plugin } from 'vite';

const root = fileURLToPath(new URL('.', import.meta.url));
const outDir = fileURLToPath(new URL('../../dist/console', import.meta.url));

const gateway = process.env.SEALSTREAM_URL ?? 'http://127.0.0.1:8080';

/** Smaller files fit one packet as they are. */
const leastBytes = 1_024;

/** Once, here, as hard as it goes: the gateway then only sends. */
const compressed = (): Plugin => ({
  name: 'sealstream-compressed',
  apply: 'build',
  closeBundle() {
    for (const entry of readdirSync(outDir, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile() || !/\.(js|css|html|svg)$/.test(entry.name)) continue;
      const file = join(entry.parentPath, entry.name);
      const bytes = readFileSync(file);
      if (bytes.length < leastBytes) continue;
      writeFileSync(`${file}.gz`, gzipSync(bytes, { level: 9 }));
      writeFileSync(`${file}.br`, brotliCompressSync(bytes, { params: { [zlib.BROTLI_PARAM_QUALITY]: 11 } }));
    }
  },
});

export default defineConfig({
  root,
  plugins: [compressed()],
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  worker: { format: 'es' },
  build: {
    outDir,
    emptyOutDir: true,
    target: 'es2022',
    // The first that know light-dark(), of May 2024 and before: colours stay written once.
    cssTarget: ['chrome123', 'firefox120', 'safari17.5'],
    // Inlined files would need data: in the policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: true,
  },
  // While the page is worked on: `npx vite services/console`, beside a gateway that takes its own origin only.
  server: { proxy: { '/api': { target: gateway, ws: true, changeOrigin: true, headers: { origin: gateway } } } },
});
