// `node infra/docker/healthcheck.mjs URL`: exits 0 where the URL answers 200, for images that have no curl.
const answer = await fetch(process.argv[2], { signal: AbortSignal.timeout(4_000) }).catch(() => undefined);
process.exit(answer?.status === 200 ? 0 : 1);
