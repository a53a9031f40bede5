import type { TObject } from 'typebox';
import type { Alert } from '../alert.js';
import type { ChannelFault } from '../errors.js';
import type { Dial } from '../target/dial.js';
import type { TargetGuard } from '../target/guard.js';
import type { Post } from '../target/post.js';
import type { Templates } from '../text/defaults.js';

export const channelKindNames = ['email', 'slack', 'webhook', 'pagerduty', 'teams'] as const;
export type ChannelKindName = (typeof channelKindNames)[number];

/** One message, as it is sent: the same at every attempt. */
export interface Message {
  /** Stable over attempts, restarts and redelivery: receivers drop doubles by it. */
  deliveryId: string;
  /** At least one, the oldest first. */
  alerts: readonly Alert[];
  /** Alerts beyond those, told of by their number. */
  more: number;
  /** Sent by the test button: nothing has happened. */
  test: boolean;
}

/** What the receiver said. */
export interface Answer {
  /** HTTP's or SMTP's. */
  status: number;
  text: string;
}

/** What sending needs. */
export interface Tools {
  post: Post;
  dial: Dial;
  signal: AbortSignal;
  templates: Templates;
  nowMs: () => number;
  /** Certificates trusted beside Node's. */
  ca: readonly string[];
  timeoutMs: number;
}

/** A kind of channel: how it is described, and how it is spoken to. `S` are its settings, secrets included. */
export interface ChannelKind<S = object> {
  /** Of the settings, secrets included, as they are given when a channel is made. */
  readonly schema: TObject;
  /** Names of settings that are kept sealed and never shown. Their values are texts or, sealed as JSON, records of texts. */
  readonly secrets: readonly string[];
  /** Of alerts in one message: how many are told of in full, and whether those beyond may be counted only. */
  readonly grouping: { listed: number; counts: boolean };
  /** What the schema cannot say. Pointers are relative to the settings. */
  faults(settings: S, guard: TargetGuard): ChannelFault[];
  /** Where the secrets go. Who changes it has to know them: otherwise they could be sent to somebody else unread. */
  destination(settings: S): string;
  /** Texts that must never be shown, as they are on the wire. */
  confidential(settings: S): string[];
  /** Rejects with a SendFailure where the receiver did not take it. */
  send(message: Message, settings: S, tools: Tools): Promise<Answer>;
}
