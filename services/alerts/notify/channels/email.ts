import { createTransport } from 'nodemailer';
import { type Static, Type } from 'typebox';
import type { ChannelFault } from '../errors.js';
import type { Dial } from '../target/dial.js';
import { failureOf, SendFailure } from '../target/failure.js';
import { cut } from '../text/cut.js';
import type { Templates } from '../text/defaults.js';
import { html, oneLine, verbatim } from '../text/escapes.js';
import type { Answer, ChannelKind, Message, Tools } from './kind.js';
import { oneOf } from './settings.js';
import { linkOf, tell } from './telling.js';

/** RFC 5322 §2.1.1 lets a line be 998 long; subjects beyond this are cut by every reader. */
const limits = { subject: 250, body: 100_000 };

export const mailSecurities = ['starttls', 'tls', 'none'] as const;

const Address = Type.String({
  maxLength: 254,
  pattern: '^[^\\s@<>,;:"()\\[\\]\\\\]{1,64}@[^\\s@<>,;:"()\\[\\]\\\\]+$',
});

const Settings = Type.Object(
  {
    host: Type.String({
      minLength: 1,
      maxLength: 253,
      pattern: '^[A-Za-z0-9._:-]+$',
      description: 'of the SMTP server',
    }),
    port: Type.Optional(Type.Integer({ minimum: 1, maximum: 65_535, description: '587 when absent, 465 with tls' })),
    security: Type.Optional(
      oneOf(mailSecurities, 'starttls when absent, and then no message goes to a server without it'),
    ),
    user: Type.Optional(Type.String({ minLength: 1, maxLength: 256 })),
    password: Type.Optional(Type.String({ minLength: 1, maxLength: 1_024, description: 'a secret' })),
    from: Address,
    to: Type.Array(Address, { minItems: 1, maxItems: 50 }),
  },
  { additionalProperties: false, title: 'EmailSettings' },
);
type Settings = Static<typeof Settings>;

const securityOf = ({ security = 'starttls' }: Settings): (typeof mailSecurities)[number] => security;
const portOf = (settings: Settings): number => settings.port ?? (securityOf(settings) === 'tls' ? 465 : 587);

/** Mail by SMTP, to all recipients at once. */
export const emailKind: ChannelKind<Settings> = {
  schema: Settings,
  secrets: ['password'],
  grouping: { listed: 50, counts: true },
  faults(settings, guard) {
    const refusal = guard.refusesHost(settings.host);
    return [...(refusal === undefined ? [] : [{ pointer: '/host', detail: refusal }]), ...signInFaults(settings)];
  },
  destination: (settings) => `${settings.host}:${portOf(settings)} ${securityOf(settings)} ${settings.user ?? ''}`,
  confidential: ({ user, password }) =>
    password === undefined ? [] : [password, `\0${user ?? ''}\0${password}`, `${user ?? ''}:${password}`],
  async send(message, settings, tools) {
    try {
      return await withSocket(settings, tools, (getSocket) => transmit({ message, settings, tools, getSocket }));
    } catch (error) {
      throw mailFailure(error, settings.host, tools.signal);
    }
  },
};

function signInFaults(settings: Settings): ChannelFault[] {
  const { user, password } = settings;
  if (password !== undefined && user === undefined)
    return [{ pointer: '/user', detail: 'is required where a password is given' }];
  if (user !== undefined && password === undefined)
    return [{ pointer: '/password', detail: 'is required where a user is given' }];
  if (password !== undefined && securityOf(settings) === 'none') {
    return [
      {
        pointer: '/security',
        detail: 'must not be none where a password is given: everybody on the way could read it',
      },
    ];
  }
  return [];
}

type GetSocket = (options: unknown, callback: (error: Error | null, socket?: { connection: unknown }) => void) => void;

/** Nodemailer speaks on the connection that we have opened, to the address that we have checked; it opens none itself. */
async function withSocket(
  settings: Settings,
  { dial, signal }: { dial: Dial; signal: AbortSignal },
  work: (getSocket: GetSocket) => Promise<Answer>,
): Promise<Answer> {
  const socket = await dial({ host: settings.host, port: portOf(settings), signal });
  const stop = (): void => void socket.destroy();
  signal.addEventListener('abort', stop, { once: true });
  try {
    return await work((_options, callback) => callback(null, { connection: socket }));
  } finally {
    signal.removeEventListener('abort', stop);
    socket.destroy();
  }
}

async function transmit({
  message,
  settings,
  tools,
  getSocket,
}: {
  message: Message;
  settings: Settings;
  tools: Tools;
  getSocket: GetSocket;
}): Promise<Answer> {
  const { host, user, password, from, to } = settings;
  const security = securityOf(settings);
  const { timeoutMs, ca } = tools;
  const transport = createTransport({
    host,
    port: portOf(settings),
    secure: security === 'tls',
    requireTLS: security === 'starttls',
    ignoreTLS: security === 'none',
    ...(user === undefined ? {} : { auth: { user, pass: password ?? '' } }),
    ...(ca.length === 0 ? {} : { tls: { ca: [...ca] } }),
    getSocket: getSocket as never,
    greetingTimeout: timeoutMs,
    socketTimeout: timeoutMs,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  try {
    const { response, rejected } = await transport.sendMail({
      from: { name: 'Sealstream', address: from },
      to: [...to],
      ...mailOf(message, tools.templates, from),
    });
    const refused = rejected ?? [];
    const text = refused.length === 0 ? response : `${response} (not for ${refused.join(', ')})`;
    return { status: Number.parseInt(response, 10) || 250, text };
  } finally {
    transport.close();
  }
}

export function mailOf(
  message: Message,
  templates: Templates,
  from: string,
): {
  subject: string;
  text: string;
  html: string;
  messageId: string;
  references?: string[];
  headers: Record<string, string>;
} {
  const domain = from.slice(from.lastIndexOf('@') + 1);
  const plainLink = (text: string, link: string): string => (link === '' ? text : `${text}\n  ${link}`);
  const plain = tell(message, templates, { escaped: verbatim, asLink: plainLink, mostLength: limits.body });
  const subject = cut(
    tell(message, templates, { escaped: oneLine, asLink: (text) => text, mostLength: 1 }).title,
    limits.subject,
  );
  const single = message.alerts.length === 1 ? message.alerts[0] : undefined;
  const link = linkOf(single?.link ?? '');
  const note = `Delivery ${message.deliveryId}`;
  return {
    subject,
    text: [plain.body, ...(link === '' ? [] : [link]), note].join('\n\n'),
    html: [
      `<p><strong>${html(subject)}</strong></p>`,
      `<p style="white-space: pre-wrap">${html(plain.body)}</p>`,
      ...(link === '' ? [] : [`<p><a href="${html(link)}">Open the alert</a></p>`]),
      `<p style="color: #666"><small>${html(note)}</small></p>`,
    ].join('\n'),
    messageId: `<${message.deliveryId}@${domain}>`,
    // What is told of one alert, and of the same again, stands in one thread.
    ...(single ? { references: [`<${single.fingerprint}@${domain}>`] } : {}),
    headers: { 'Auto-Submitted': 'auto-generated', 'X-Sealstream-Delivery': message.deliveryId },
  };
}

/** RFC 5321 §4.2.1: 4yz may be tried again, 5yz may not. Nodemailer says EAUTH also where the server only could not check. */
function mailFailure(error: unknown, host: string, signal: AbortSignal): SendFailure {
  if (error instanceof SendFailure) return error;
  if (signal.aborted) return failureOf(signal.reason, host);
  const { responseCode, response, code, originalCode, message } = error as {
    responseCode?: number;
    response?: string;
    code?: string;
    originalCode?: string;
    message?: string;
  };
  if (responseCode !== undefined && responseCode >= 400) {
    const again = responseCode < 500;
    const said = `answered ${response ?? responseCode}`;
    return new SendFailure(again ? 'limited' : 'refused', said, { again, status: responseCode, cause: error });
  }
  if (code === 'EAUTH' || code === 'EENVELOPE' || code === 'EMESSAGE' || code === 'ENOAUTH') {
    return new SendFailure('refused', message ?? code, { again: false, cause: error });
  }
  // Nodemailer calls whatever happens to the connection ESOCKET, and keeps the name that Node gave it.
  return failureOf(originalCode ? { code: originalCode, message } : error, host);
}
