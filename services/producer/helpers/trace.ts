import { createRequire } from 'node:module';

interface OpenTelemetryApi {
  trace: { getActiveSpan(): { spanContext(): { traceId: string } } | undefined };
  isValidTraceId?(id: string): boolean;
}

const noTrace = '0'.repeat(32);

/** The active span's W3C trace id where the application has OpenTelemetry's API; otherwise nothing. */
export function createTraceId(
  load: () => unknown = () => createRequire(import.meta.url)('@opentelemetry/api'),
): () => string | undefined {
  let api: OpenTelemetryApi;
  try {
    api = load() as OpenTelemetryApi;
  } catch {
    return () => undefined;
  }
  return () => {
    const id = api.trace.getActiveSpan()?.spanContext().traceId;
    return id === noTrace ? undefined : id;
  };
}
