import type { Reason } from '../../core/wire/index.js';

/** Why something was refused, and what can be done, for people. */
export interface Advice {
  cause: string;
  cure: string;
  /** Whether bytes refused for this can ever be accepted as they are. */
  releasable: 'never' | 'once_mended' | 'later';
}

const never = (cause: string, cure: string): Advice => ({ cause, cure, releasable: 'never' });
const onceMended = (cause: string, cure: string): Advice => ({ cause, cure, releasable: 'once_mended' });

/** By reason (schemas/README.md §6). */
export const advice: Readonly<Record<Reason, Advice>> = {
  bad_frame: never(
    'The record is no SignedBatch: something else wrote into the topic, or the bytes were damaged on their way.',
    'Find out who may write to the topic. If a producer sent it, have it send its events again; then discard this.',
  ),
  non_canonical: never(
    'The bytes are not written in the one way that the format permits (padded numbers, bad UTF-8, something behind the end).',
    'Mend the producer’s encoder, or use one of ours. Have the events sent again; then discard this.',
  ),
  limit_exceeded: never(
    'A part, an event or the record is larger than the format permits.',
    'Have the producer send less in one event or record: 16 KiB of body and of identity, 256 KiB of content, a million bytes in all.',
  ),
  bad_header: never(
    'The header cannot be read, or says another number of events than there are.',
    'Mend the producer and have it send the events again; then discard this.',
  ),
  unknown_schema: onceMended(
    'The events are of a schema that this version does not know: the producer is newer.',
    'Upgrade Sealstream, all services of it; then release.',
  ),
  wrong_audience: never(
    'It was signed for another deployment.',
    'Give the producer this deployment’s SEALSTREAM_AUDIENCE, or the other one’s brokers. What was signed cannot be moved.',
  ),
  wrong_partition: never(
    'It was signed for another partition than the one it lies in: somebody copied it, or a client ignores the partition.',
    'Find out who published it. The original belongs to the partition that it names.',
  ),
  no_registry: onceMended(
    'When it came, this partition had no marker of the registry yet, by which keys are known.',
    'Start the gateway once, which writes the markers; then release.',
  ),
  unknown_key: onceMended(
    'The key that signed it was not registered when it came.',
    'If the producer is yours, register its public key for the organizations it speaks for; then release. If nobody knows it, discard it.',
  ),
  revoked_key: never(
    'The key that signed it had been revoked.',
    'It is not released: nobody can tell it from what a thief of the key signs. If the events are genuine, have them sent again under a new key.',
  ),
  key_not_permitted: never(
    'The key belongs to another producer than the record names, or is not the root key.',
    'Give the producer the id under which its key is registered. If nobody knows the sender, look into it as an attempt at forgery.',
  ),
  bad_signature: never(
    'The signature is not by the key that the header names: the record was altered, or signed with another key.',
    'Look into it as tampering. If a producer has mixed up its keys, mend that and have the events sent again.',
  ),
  bad_root: never(
    'The events are not the ones that were signed: the record was altered after signing.',
    'Look into it as tampering on the way between the producer and Kafka. Have the events sent again.',
  ),
  marker_regressed: never(
    'A marker of the registry that is older than one before it.',
    'The gateway writes markers by itself: there is nothing to release. Find out whether two gateways use different registries.',
  ),
  equivocation: never(
    'The producer had given the same place in its history to other events: two processes share a key and an epoch, or a copy of a spool was run.',
    'See that one process runs with a spool. Compare the events with what was accepted, and have those that are missing sent again.',
  ),
  invalid_id: never(
    'The event’s id is no UUID of version 7 or 8.',
    'Mend the producer and have the event sent again; then discard this.',
  ),
  invalid_time: never(
    'The event’s time lies outside 1970 to 2200.',
    'Mend the producer’s clock and have the event sent again; then discard this.',
  ),
  future_time: {
    cause: 'The event’s time was more than ten minutes ahead: the producer’s clock is wrong.',
    cure: 'Set the producer’s clock. The event can be released once its time has come; it keeps the time that it says.',
    releasable: 'later',
  },
  invalid_ip: never(
    'The address has neither 0, 4 nor 16 bytes, or is IPv4 written as IPv6.',
    'Mend the producer and have the event sent again; then discard this.',
  ),
  invalid_action: never(
    'The action is not lower-case words with dots between them.',
    'Mend the producer and have the event sent again; then discard this.',
  ),
  invalid_scope: never(
    'Scope, organization and application do not go together.',
    'Mend the producer and have the event sent again; then discard this.',
  ),
  scope_not_permitted: onceMended(
    'The key may not write events of this scope.',
    'If it should, register the key again with that scope; then release.',
  ),
  organization_not_permitted: onceMended(
    'The key may not speak for the event’s organization.',
    'If it should, register the key again with that organization; then release. Otherwise find out why the producer mixes up its tenants.',
  ),
  erasure_unlisted: onceMended(
    'A part of the event is missing, and no erasure names it.',
    'Wait until the erasure’s list is stored, if one is under way; then release. Otherwise somebody has taken data out: look into it.',
  ),
};
