import { ed25519Verify } from './edwards.js';
import { type CanonicalFault, canonicalFaultOf, type EventReason, RecordFault, type RecordReason } from './faults.js';
import { merkleTreeHash, sha256 } from './merkle.js';
import {
  decodeBody,
  decodeContent,
  decodeErasedBatch,
  decodeHeader,
  decodeIdentity,
  decodeSignedBatch,
  erasedPartDigest,
  headerHash,
  keyId,
  leafHash,
  partDigest,
  SCHEMA_ID,
  saltsOf,
  signedBytes,
} from './reference.js';
import { ERASED_BATCH_PREFIX, SIGNED_BATCH_PREFIX } from './schemas.js';
import type {
  BodyFields,
  ErasablePart,
  HeaderFields,
  IdentityFields,
  JudgeContext,
  RegisteredKey,
} from './wire-types.js';

/** `events` holds one item per event: null where it is accepted. Empty when the whole record is quarantined. */
export interface Judgement {
  record: RecordReason | null;
  events: (EventReason | null)[];
  /** How non-canonical encodings broke the form, in the order found. */
  faults: CanonicalFault[];
}

/** A part as judging needs it: its bytes, unless they are erased, and its digest. */
interface Part {
  bytes: Buffer | null;
  digest: Buffer;
}
interface EventToJudge {
  body: Buffer;
  identity: Part;
  content: Part;
}
interface Frame {
  header: Buffer;
  signature: Buffer;
  events: EventToJudge[];
}

const MAX_RECORD_BYTES = 1_000_000;
const MAX_EVENTS = 1_000;
const MAX_HEADER_BYTES = 1_024;
const MAX_BODY_BYTES = 16_384;
const MAX_IDENTITY_BYTES = 16_384;
const MAX_CONTENT_BYTES = 262_144;
const YEAR_2200_US = 7_258_118_400_000_000n;
const FUTURE_US = 600_000_000n;
const MAX_SEQUENCE = 2n ** 53n;
const ROOT_OF_NOTHING = sha256(Buffer.alloc(0));

/** The part of judging that needs no lane state, in the order of schemas/README.md section 6; the first failure decides. */
export function referenceJudgeRecord(value: Buffer, context: JudgeContext): Judgement {
  const faults: CanonicalFault[] = [];
  try {
    const frame = readFrame(value);
    const header = readHeader(frame);
    if (!header.schema_id.equals(SCHEMA_ID)) throw new RecordFault('unknown_schema', 'schema_id');
    if (header.audience !== context.audience) throw new RecordFault('wrong_audience', header.audience);
    if (header.partition !== context.partition) throw new RecordFault('wrong_partition', String(header.partition));
    const key = findKey(header, context);
    checkSeal(frame, header, key.public_key);
    if (header.kind === 'registry' && context.registry !== null && header.registry < context.registry.offset) {
      throw new RecordFault('marker_regressed', String(header.registry));
    }
    const hash = headerHash(frame.header);
    return {
      record: null,
      events: frame.events.map((event, index) => judgeEvent(event, { index, hash, key, context, faults })),
      faults,
    };
  } catch (error) {
    if (!(error instanceof RecordFault)) throw error;
    return { record: error.reason, events: [], faults: error.fault === undefined ? [] : [error.fault] };
  }
}

function readFrame(value: Buffer): Frame {
  const prefix = value.subarray(0, 10);
  const isSigned = prefix.equals(SIGNED_BATCH_PREFIX);
  if (!isSigned && !prefix.equals(ERASED_BATCH_PREFIX)) throw new RecordFault('bad_frame', prefix.toString('hex'));
  let frame: Frame;
  try {
    frame = isSigned ? signedFrame(value) : erasedFrame(value);
  } catch (error) {
    throw new RecordFault('non_canonical', 'frame', canonicalFaultOf(error));
  }
  if (value.length > MAX_RECORD_BYTES) throw new RecordFault('limit_exceeded', `${value.length} bytes`);
  if (frame.events.length > MAX_EVENTS) throw new RecordFault('limit_exceeded', `${frame.events.length} events`);
  return frame;
}

function signedFrame(value: Buffer): Frame {
  const { header, signature, salt_seed, events } = decodeSignedBatch(value);
  const parts = events.map(({ body, identity, content }, index) => {
    const salts = saltsOf(salt_seed, index);
    return {
      body,
      identity: { bytes: identity, digest: partDigest(salts.identity, identity) },
      content: { bytes: content, digest: partDigest(salts.content, content) },
    };
  });
  return { header, signature, events: parts };
}

function erasedFrame(value: Buffer): Frame {
  const { header, signature, events } = decodeErasedBatch(value);
  const parts = events.map(({ body, identity, content }) => ({
    body,
    identity: partOfErased(identity),
    content: partOfErased(content),
  }));
  return { header, signature, events: parts };
}

function partOfErased(part: ErasablePart): Part {
  const digest = erasedPartDigest(part);
  if (part.tag === 'digest') return { bytes: null, digest };
  return { bytes: part.tag === 'empty' ? Buffer.alloc(0) : part.data.subarray(16), digest };
}

/** Every rule of schemas/README.md section 3 that needs no state is `bad_header`. */
function readHeader(frame: Frame): HeaderFields {
  if (frame.header.length > MAX_HEADER_BYTES) throw new RecordFault('bad_header', `${frame.header.length} bytes`);
  let header: HeaderFields;
  try {
    header = decodeHeader(frame.header);
  } catch (error) {
    throw new RecordFault('bad_header', 'canonical form', canonicalFaultOf(error));
  }
  const isData = header.kind === 'data';
  const isMarker = header.kind === 'registry';
  const require = (holds: boolean, rule: string): void => {
    if (!holds) throw new RecordFault('bad_header', rule);
  };
  require(header.lane >= 0 && header.lane < header.lanes, 'lane within lanes');
  require(header.lanes <= 65_536, 'lanes');
  require(header.partition >= 0, 'partition');
  require(header.first_seq >= 0n && header.first_seq + BigInt(header.count) < MAX_SEQUENCE, 'first_seq');
  require(header.created_at >= 0n && header.created_at < YEAR_2200_US, 'created_at');
  require(header.count === frame.events.length, 'count is the number of events');
  require(isData ? header.count >= 1 && header.count <= MAX_EVENTS : header.count === 0, 'count of the kind');
  require(isData || header.root.equals(ROOT_OF_NOTHING), 'root of nothing');
  require(header.kind !== 'open' || header.first_seq === 0n, 'open starts at 0');
  require(isMarker ? header.registry >= 0n && header.registry < MAX_SEQUENCE : header.registry === 0n, 'registry');
  require(!isMarker || header.lane === header.partition, "a marker's lane is its partition");
  return header;
}

function findKey(header: HeaderFields, context: JudgeContext): RegisteredKey {
  if (header.kind === 'registry') {
    const root = context.root_public_key;
    if (!header.key_id.equals(keyId(root))) throw new RecordFault('key_not_permitted', 'a marker not by the root key');
    return { key_id: header.key_id, public_key: root, producer_id: '', organizations: [], scopes: [], revoked: false };
  }
  if (context.registry === null) throw new RecordFault('no_registry', 'no marker yet');
  const key = context.registry.keys.find((candidate) => candidate.key_id.equals(header.key_id));
  if (key === undefined) throw new RecordFault('unknown_key', header.key_id.toString('hex'));
  if (key.revoked) throw new RecordFault('revoked_key', header.key_id.toString('hex'));
  if (key.producer_id !== header.producer_id) throw new RecordFault('key_not_permitted', header.producer_id);
  return key;
}

function checkSeal(frame: Frame, header: HeaderFields, publicKey: Buffer): void {
  if (!ed25519Verify(publicKey, signedBytes(frame.header), frame.signature)) {
    throw new RecordFault('bad_signature', 'Ed25519');
  }
  const leaves = frame.events.map((event) => leafHash(event.body, event.identity.digest, event.content.digest));
  if (!merkleTreeHash(leaves).equals(header.root)) throw new RecordFault('bad_root', 'RFC 6962 root');
}

interface EventPlace {
  index: number;
  hash: Buffer;
  key: RegisteredKey;
  context: JudgeContext;
  faults: CanonicalFault[];
}

function judgeEvent(event: EventToJudge, place: EventPlace): EventReason | null {
  let body: BodyFields;
  let identity: IdentityFields | null;
  try {
    body = decodeBody(event.body);
    identity = event.identity.bytes === null ? null : decodeIdentity(event.identity.bytes);
    if (event.content.bytes !== null) decodeContent(event.content.bytes);
  } catch (error) {
    place.faults.push(canonicalFaultOf(error));
    return 'non_canonical';
  }
  if (isOverLimit(event)) return 'limit_exceeded';
  return faultOfFields(body, identity, place.context) ?? faultOfKey(body, place.key) ?? faultOfErasure(event, place);
}

function isOverLimit(event: EventToJudge): boolean {
  return (
    event.body.length > MAX_BODY_BYTES ||
    (event.identity.bytes?.length ?? 0) > MAX_IDENTITY_BYTES ||
    (event.content.bytes?.length ?? 0) > MAX_CONTENT_BYTES
  );
}

function faultOfFields(body: BodyFields, identity: IdentityFields | null, context: JudgeContext): EventReason | null {
  const version = (body.id[6] ?? 0) >> 4;
  const variant = (body.id[8] ?? 0) >> 6;
  if ((version !== 7 && version !== 8) || variant !== 2) return 'invalid_id';
  if (body.occurred_at < 0n || body.occurred_at >= YEAR_2200_US) return 'invalid_time';
  if (body.occurred_at > BigInt(context.append_time_ms) * 1000n + FUTURE_US) return 'future_time';
  if (identity !== null && !isAllowedIp(identity.ip)) return 'invalid_ip';
  if (!/^[a-z0-9][a-z0-9_.:-]{0,127}$/.test(body.action) || body.action.endsWith('\n')) return 'invalid_action';
  if (body.scope !== 'system' && body.organization_id === '') return 'invalid_scope';
  if (body.scope === 'application' && body.application_id === '') return 'invalid_scope';
  return null;
}

function isAllowedIp(ip: Buffer): boolean {
  if (ip.length === 0 || ip.length === 4) return true;
  const isMapped = ip.subarray(0, 12).toString('hex') === '00000000000000000000ffff';
  return ip.length === 16 && !isMapped;
}

function faultOfKey(body: BodyFields, key: RegisteredKey): EventReason | null {
  if (!key.scopes.includes(body.scope)) return 'scope_not_permitted';
  if (body.organization_id === '') return null;
  const isPermitted = key.organizations.includes('*') || key.organizations.includes(body.organization_id);
  return isPermitted ? null : 'organization_not_permitted';
}

function faultOfErasure(event: EventToJudge, { index, hash, context }: EventPlace): EventReason | null {
  for (const part of ['identity', 'content'] as const) {
    if (event[part].bytes !== null) continue;
    const isListed = context.erasures.some(
      (erasure) => erasure.header_hash.equals(hash) && erasure.index === index && erasure.part === part,
    );
    if (!isListed) return 'erasure_unlisted';
  }
  return null;
}
