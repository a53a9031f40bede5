import type { preHandlerAsyncHookHandler } from 'fastify';
import type { AlertMessage } from '../../alerts/findings/index.js';
import type { Alerts } from './alerts/alerts.js';
import type { ChangeLog } from './change-log.js';

/** What all routes of alerts rest on. */
export interface AlertParts {
  alerts: Alerts;
  /** Tells whoever follows alerts of a change. */
  publish: (message: AlertMessage) => Promise<void>;
  changeLog: ChangeLog;
  /** Lets through only what concerns organizations that have alerts. */
  entitled: preHandlerAsyncHookHandler;
}
