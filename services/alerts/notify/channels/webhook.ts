import { createHmac } from 'node:crypto';
import { type Static, Type } from 'typebox';
import type { ChannelFault } from '../errors.js';
import type { Templates } from '../text/defaults.js';
import { oneLine, verbatim } from '../text/escapes.js';
import type { ChannelKind, Message } from './kind.js';
import { originOf, Url, urlFaults } from './settings.js';
import { tell } from './telling.js';

const mostHeaders = 16;
const tokenPattern = "^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}$";
/** Ours, and those that frame a request. */
const takenHeaders =
  /^(content-.*|host|connection|transfer-encoding|te|trailer|upgrade|expect|keep-alive|user-agent|sealstream-.*|proxy-.*)$/i;

const Settings = Type.Object(
  {
    url: Url('where to post; kept as a secret, since many carry a token'),
    secret: Type.String({
      minLength: 16,
      maxLength: 256,
      pattern: '^[\\x21-\\x7e]+$',
      description: 'signs every request; shared with the receiver',
    }),
    headers: Type.Optional(
      Type.Record(
        Type.String({ pattern: tokenPattern }),
        Type.String({ maxLength: 2_048, pattern: '^[\\x20-\\x7e]*$' }),
        {
          maxProperties: mostHeaders,
          description: 'sent with every request, such as Authorization; kept as a secret',
        },
      ),
    ),
  },
  { additionalProperties: false, title: 'WebhookSettings' },
);
type Settings = Static<typeof Settings>;

/** A POST of JSON, signed. docs/guides/alert-channels.md tells receivers how to check it. */
export const webhookKind: ChannelKind<Settings> = {
  schema: Settings,
  secrets: ['url', 'secret', 'headers'],
  grouping: { listed: 50, counts: false },
  faults: ({ url, headers = {} }, guard) => [...urlFaults('/url', url, guard), ...headerFaults(headers)],
  destination: ({ url }) => originOf(url),
  confidential: ({ url, secret, headers = {} }) => [
    url,
    secret,
    ...Object.values(headers),
    // `Bearer TOKEN`: the token alone is the secret.
    ...Object.values(headers).map((value) => value.slice(value.indexOf(' ') + 1)),
  ],
  async send(message, { url, secret, headers = {} }, { post, signal, templates, nowMs }) {
    const body = webhookBody(message, templates);
    return post({
      url: new URL(url),
      headers: {
        ...headers,
        'content-type': 'application/json',
        ...signatureHeaders({ message, secret, body, nowMs: nowMs() }),
      },
      body,
      signal,
    });
  },
};

export const webhookBody = (message: Message, templates: Templates): string => {
  const { deliveryId, alerts, more, test } = message;
  const asLink = (text: string): string => text;
  const title = tell(message, templates, { escaped: oneLine, asLink, mostLength: 20_000 }).title;
  const { body } = tell(message, templates, { escaped: verbatim, asLink, mostLength: 20_000 });
  return JSON.stringify({ version: 1, delivery_id: deliveryId, test, title, body, alerts, more });
};

/** HMAC-SHA256 over `TIMESTAMP.BODY`; the timestamp is the attempt's, in seconds of Unix time. */
export function signatureHeaders({
  message,
  secret,
  body,
  nowMs,
}: {
  message: Message;
  secret: string;
  body: string;
  nowMs: number;
}): Record<string, string> {
  const timestamp = String(Math.floor(nowMs / 1_000));
  const signature = createHmac('sha256', secret).update(`${timestamp}.${body}`).digest('hex');
  return {
    'sealstream-delivery': message.deliveryId,
    'sealstream-timestamp': timestamp,
    'sealstream-signature': `v1=${signature}`,
  };
}

const headerFaults = (headers: Readonly<Record<string, string>>): ChannelFault[] =>
  Object.keys(headers)
    .filter((name) => takenHeaders.test(name))
    .map((name) => ({ pointer: `/headers/${name}`, detail: 'is a header that Sealstream sets itself' }));
