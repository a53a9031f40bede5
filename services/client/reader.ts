import type { AlertChange } from './alert.js';
import { AuditClientError } from './errors.js';
import type { AuditEvent } from './event.js';
import { createGateway } from './gateway/gateway.js';
import type { GatewayClientOptions } from './options.js';
import type { AuditFilter } from './query/filter.js';
import { type AuditQuery, type AuditTrail, createAuditTrail } from './query/trail.js';
import { type AlertStream, type AlertStreamOptions, openAlertStream } from './stream/alert-stream.js';
import { type AuditStream, openAuditStream, type StreamOptions } from './stream/stream.js';

/** The reading half of the client. */
export interface Reader {
  query(query: AuditQuery): AuditTrail;
  stream(options: StreamOptions, callback?: (event: AuditEvent) => unknown): AuditStream;
  alerts(options: AlertStreamOptions, callback?: (change: AlertChange) => unknown): AlertStream;
  /** Closes the streams that are open; resolves when their callbacks have returned. */
  close(): Promise<void>;
}

type Opened = ReturnType<typeof openAuditStream> | ReturnType<typeof openAlertStream>;

const usual = { timeoutMs: 30_000, patienceMs: 10_000 };

export function createReader(
  { url, apiKey, timeoutMs = usual.timeoutMs, patienceMs = usual.patienceMs }: GatewayClientOptions,
  organizationId: string | undefined,
): Reader {
  const gateway = createGateway({ url, apiKey, timeoutMs, patienceMs, userAgent: 'sealstream-client' });
  const open = new Set<Opened>();
  let isClosed = false;

  const checkOpen = (): void => {
    if (isClosed) throw new AuditClientError('client_closed', 'the client was closed');
  };
  /** A question that names an organization, or none can, is asked as it is. */
  const headersFor = ({ organization_id, scope }: AuditFilter): Record<string, string> => {
    if (organizationId === undefined || organization_id !== undefined) return {};
    if ([scope].flat().includes('system')) return {};
    // Header values are bytes, one a character.
    return { 'x-organization-id': Buffer.from(organizationId).toString('latin1') };
  };

  const keep = (opened: Opened): void => {
    open.add(opened);
    void opened.settled.then(() => open.delete(opened));
  };

  return {
    query(query) {
      checkOpen();
      return createAuditTrail({ gateway, query, headers: headersFor(query) });
    },
    stream(options, callback) {
      checkOpen();
      const opened = openAuditStream({ gateway, options, callback, headers: headersFor(options.filter ?? {}) });
      keep(opened);
      return opened.stream;
    },
    alerts(options, callback) {
      checkOpen();
      const { organization_id } = options.filter ?? {};
      const opened = openAlertStream({ gateway, options, callback, headers: headersFor({ organization_id }) });
      keep(opened);
      return opened.stream;
    },
    async close() {
      isClosed = true;
      const last = [...open];
      for (const { stream } of last) stream.close();
      await Promise.all(last.map(({ settled }) => settled));
    },
  };
}
