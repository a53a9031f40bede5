// Subscribers in a process of their own. They look only for the mark of each event in what comes, so that the gateway is what is
// measured. Started by fanout.ts.
import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { isWanted } from './fanout-events.js';

export interface ClientsConfig {
  port: number;
  clients: number;
  /** The first so many take nothing once they are subscribed. */
  stalled: number;
  /** Of distinct filters, which all let the same events through. */
  filters: number;
  partitions: number;
  /** More of the subscription, as `fields`. */
  more: Record<string, unknown>;
}

export interface ClientsReport {
  deliveries: number;
  /** Frames are not told apart; these are reads of a socket. */
  reads: number;
  bytes: number;
  /** Counts by tenth of a millisecond. */
  latencies: [tenth: number, count: number][];
  faults: string[];
  /** Sequence number of each partition that every client that takes anything has reached. */
  reached: number[];
}

const config = JSON.parse(process.argv[2]!) as ClientsConfig;
const mark = Buffer.from('"message":"#');
/** `p.seq@intended` and the closing quote are never longer. */
const markBytes = 64;
const maxTenths = 600_000;
const latencies = new Uint32Array(maxTenths + 1);
const faults: string[] = [];
let deliveries = 0;
let reads = 0;
let bytes = 0;
const taking: { last: number[] }[] = [];

function textFrame(text: string): Buffer {
  const payload = Buffer.from(text);
  const mask = randomBytes(4);
  const masked = payload.map((byte, at) => byte ^ mask[at % 4]!);
  const length = payload.length < 126 ? [0x80 | payload.length] : [0xfe, payload.length >> 8, payload.length & 0xff];
  return Buffer.concat([Buffer.from([0x81, ...length]), mask, masked]);
}

const nextWanted = (seq: number): number => (isWanted(seq + 1) ? seq + 1 : nextWanted(seq + 1));

/** Reads `p.seq@intended"`; a fault where it is not the next one that the filter lets through. */
function take(client: { last: number[] }, chunk: Buffer, from: number, nowMs: number): void {
  const end = chunk.indexOf(0x22, from);
  const [place, intended] = chunk.toString('latin1', from, end).split('@') as [string, string];
  const dot = place.indexOf('.');
  const partition = Number(place.slice(0, dot));
  const seq = Number(place.slice(dot + 1));
  const wanted = nextWanted(client.last[partition]!);
  if (seq !== wanted && faults.length < 10) faults.push(`partition ${partition}: #${seq} came, #${wanted} was next`);
  client.last[partition] = seq;
  deliveries += 1;
  const tenth = Math.max(0, Math.min(maxTenths, Math.round((nowMs - Number(intended)) * 10)));
  latencies[tenth]! += 1;
}

/** Resolves once the subscription is open. */
async function subscriber(at: number): Promise<Socket> {
  const socket = connect({ port: config.port, host: '127.0.0.1', noDelay: true });
  const stalls = at < config.stalled;
  socket.write(
    'GET /api/audit/stream HTTP/1.1\r\nHost: bench\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nX-API-Key: bench\r\n' +
      'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: audit.v1\r\n' +
      `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}\r\n\r\n`,
  );
  const target_type = ['document', `other-${at % config.filters}`];
  socket.write(
    textFrame(
      JSON.stringify({ type: 'subscribe', id: 's', filter: { action: 'document.', target_type }, ...config.more }),
    ),
  );
  let opened = '';
  while (!opened.includes('"subscribed"')) {
    const [chunk] = await new Promise<[Buffer]>((resolve, reject) => {
      socket.once('data', (data) => resolve([data]));
      socket.once('close', () => reject(new Error(`the gateway closed: ${opened}`)));
      socket.once('error', reject);
    });
    opened += chunk.toString('latin1');
    if (opened.includes('"problem"')) throw new Error(opened);
  }
  socket.removeAllListeners();
  socket.on('error', () => {});
  if (stalls) return socket.pause();

  const client = { last: Array.from({ length: config.partitions }, () => -1) };
  taking.push(client);
  let rest: Buffer = Buffer.alloc(0);
  socket.on('data', (data) => {
    reads += 1;
    bytes += data.length;
    const nowMs = performance.timeOrigin + performance.now();
    const chunk = rest.length > 0 ? Buffer.concat([rest, data]) : data;
    let done = 0;
    for (;;) {
      const found = chunk.indexOf(mark, done);
      if (found < 0) {
        rest = Buffer.from(chunk.subarray(Math.max(done, chunk.length - mark.length + 1)));
        return;
      }
      if (found + markBytes > chunk.length && chunk.indexOf(0x22, found + mark.length) < 0) {
        rest = Buffer.from(chunk.subarray(found));
        return;
      }
      take(client, chunk, found + mark.length, nowMs);
      done = found + mark.length;
    }
  });
  socket.on('close', () => faults.push('a client that takes everything was cut'));
  return socket;
}

const report = (): ClientsReport => ({
  deliveries,
  reads,
  bytes,
  latencies: [...latencies].flatMap((count, tenth) => (count > 0 ? [[tenth, count] as [number, number]] : [])),
  faults,
  reached: Array.from({ length: config.partitions }, (_, at) => Math.min(...taking.map(({ last }) => last[at]!))),
});

const batch = 20;
for (let at = 0; at < config.clients; at += batch) {
  const count = Math.min(batch, config.clients - at);
  await Promise.all(Array.from({ length: count }, (_, index) => subscriber(at + index)));
}
// What was said when the subscriptions opened is through.
await sleep(500);
process.send!('open');
process.on('message', (what) => {
  if (what === 'mark') {
    deliveries = 0;
    reads = 0;
    bytes = 0;
    latencies.fill(0);
  }
  process.send!(report());
});
process.on('disconnect', () => process.exit(0));
