import type { AddressInfo } from 'node:net';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';
import { certificate, certificateKey } from './certificate.js';

export interface Mail {
  from: string;
  to: string[];
  user: string | undefined;
  secure: boolean;
  source: string;
}

/** A real SMTP server on loopback. Takes `user` with `password`; `options` change what it offers. */
export async function startMailServer(options: SMTPServerOptions = {}): Promise<{
  port: number;
  mails: Mail[];
  close(): Promise<void>;
}> {
  const mails: Mail[] = [];
  const server = new SMTPServer({
    key: certificateKey,
    cert: certificate,
    authOptional: true,
    disableReverseLookup: true,
    onAuth({ username, password }, _session, done) {
      if (username === 'user' && password === 'password-of-the-user') done(null, { user: username });
      else done(Object.assign(new Error(`535 no entry for ${username} with ${password}`), { responseCode: 535 }));
    },
    onData(stream, session, done) {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        mails.push({
          from: session.envelope.mailFrom ? session.envelope.mailFrom.address : '',
          to: session.envelope.rcptTo.map(({ address }) => address),
          user: session.user as string | undefined,
          secure: session.secure,
          source: Buffer.concat(chunks).toString('utf8'),
        });
        done(null, 'kept');
      });
    },
    ...options,
  });
  server.on('error', () => {});
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  return {
    port: (server.server.address() as AddressInfo).port,
    mails,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
