import { type Logger, pino } from 'pino';

export type { Logger };

/** One JSON line per message on stdout; `level` is pino's (trace … fatal, silent). */
export const createLogger = (service: string, level = 'info'): Logger =>
  pino({ name: service, level, timestamp: pino.stdTimeFunctions.isoTime });
