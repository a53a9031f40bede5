import { connect } from 'node:net';
import { Kafka, logLevel } from 'kafkajs';

/**
 * A kafkajs client whose connections can lose an answer: the broker did what it was asked, the client sees a broken connection. For
 * `downMs` after that no connection comes about.
 */
export function kafkaLosingAnswers(brokers: string[]): { kafka: Kafka; loseNext(downMs?: number): void } {
  let isLosing = false;
  let downMs = 0;
  let downUntilMs = 0;
  const kafka = new Kafka({
    clientId: 'losing-answers',
    brokers,
    logLevel: logLevel.NOTHING,
    retry: { retries: 0 },
    socketFactory: ({ host, port, onConnect }) => {
      const socket = connect({ host, port: Date.now() < downUntilMs ? 1 : port }, onConnect);
      const emit = socket.emit.bind(socket);
      socket.emit = (name: string, ...args: unknown[]): boolean => {
        if (name !== 'data' || !isLosing) return emit(name, ...args);
        isLosing = false;
        downUntilMs = Date.now() + downMs;
        socket.destroy(Object.assign(new Error('the answer was lost'), { code: 'ECONNRESET' }));
        return true;
      };
      return socket;
    },
  });
  const loseNext = (down = 0): void => {
    isLosing = true;
    downMs = down;
  };
  return { kafka, loseNext };
}
