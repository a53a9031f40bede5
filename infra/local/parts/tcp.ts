import { connect } from 'node:net';
import { LOOPBACK } from '../supervisor/ports.js';

const TIMEOUT_MS = 2_000;

/** Connects, sends, and hands back the first thing the peer says ('' right after connecting when nothing is sent). */
export function askOverTcp({
  host = LOOPBACK,
  port,
  message,
}: {
  host?: string;
  port: number;
  message?: string;
}): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ port, host });
    const settle = (answer: string | undefined) => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(TIMEOUT_MS, () => settle(undefined));
    socket.once('error', () => settle(undefined));
    socket.once('close', () => settle(undefined));
    socket.once('connect', () => (message === undefined ? settle('') : socket.write(message)));
    socket.once('data', (bytes) => settle(bytes.toString('latin1')));
  });
}
