/** What a message of events shares among all who get it: everything behind its `from`. */
export interface SharedMessage {
  /** `"events":[…],"to":"…"}` */
  tail: Buffer;
  to: string;
  events: number;
}

/** How a message goes over the wire. Those with an equal `key` get the same bytes where they were told the same cursor before. */
export interface FrameFormat {
  readonly key: string;
  /** The bytes of an `events` message. */
  events(from: string, message: SharedMessage): Buffer;
}

/** A WebSocket text frame as a server sends it, unmasked (RFC 6455 §5.2), of a payload in parts. */
export function textFrame(...parts: readonly Buffer[]): Buffer {
  const length = parts.reduce((sum, { length: bytes }) => sum + bytes, 0);
  return Buffer.concat([frameHead(length), ...parts]);
}

function frameHead(length: number): Buffer {
  const final = 0x81;
  if (length < 126) return Buffer.from([final, length]);
  if (length < 65_536) return Buffer.from([final, 126, length >> 8, length & 0xff]);
  const head = Buffer.alloc(10);
  head[0] = final;
  head[1] = 127;
  head.writeBigUInt64BE(BigInt(length), 2);
  return head;
}

/** Of the subscription of this id on a WebSocket. */
export function socketFormat(id: string): FrameFormat {
  const opening = `{"type":"events","id":${JSON.stringify(id)},"from":"`;
  return {
    key: `ws ${id}`,
    events: (from, { tail }) => textFrame(Buffer.from(`${opening}${from}",`), tail),
  };
}

/** A message of changes of alerts, each JSON text already. */
export const alertsFrame = (id: string, changes: readonly string[]): Buffer =>
  textFrame(Buffer.from(`{"type":"alerts","id":${JSON.stringify(id)},"changes":[${changes.join(',')}]}`));

/** Of server-sent events (WHATWG HTML §9.2): JSON text holds no line break, so one line of data is enough. */
export const eventStreamFormat: FrameFormat = {
  key: 'sse',
  events: (from, { tail, to }) =>
    Buffer.concat([Buffer.from(`id: ${to}\nevent: events\ndata: {"from":"${from}",`), tail, lineEnds]),
};

const lineEnds = Buffer.from('\n\n');

/** Around events that are JSON text already. */
export const sharedMessage = (jsons: readonly string[], to: string): SharedMessage => ({
  tail: Buffer.from(`"events":[${jsons.join(',')}],"to":"${to}"}`),
  to,
  events: jsons.length,
});
