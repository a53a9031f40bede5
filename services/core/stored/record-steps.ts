import type { Deployment } from '../judge/index.js';
import type { KeyGrant, RegistryView } from '../registry/index.js';
import type { BatchRow } from '../rows/index.js';
import { headerHash, merkleRoot, verifyHeader } from '../seal/index.js';
import { decodeHeader, type Header, WireFault } from '../wire/index.js';
import { StepFailure } from './step.js';

/** Reads the record's header and holds the record's columns against it. */
export function headerStep(batch: BatchRow, deployment: Deployment): Header {
  const header = readHeader(batch.header);
  const differing = [
    ...(header.partition === batch.partition ? [] : ['partition']),
    ...(header.kind === batch.record_kind ? [] : ['record_kind']),
    ...(header.producer_id === batch.producer_id ? [] : ['producer_id']),
    ...(header.key_id.equals(batch.key_id) ? [] : ['key_id']),
    ...(header.epoch.equals(batch.epoch) ? [] : ['epoch']),
    ...(header.lane === batch.lane ? [] : ['lane']),
    ...(header.first_seq === batch.first_seq ? [] : ['first_seq']),
    ...(header.count === batch.count ? [] : ['count']),
    ...(header.prev.equals(batch.prev) ? [] : ['prev']),
    ...(header.registry === batch.registry_offset ? [] : ['registry_offset']),
    ...(headerHash(batch.header).equals(batch.header_hash) ? [] : ['header_hash']),
  ];
  if (differing.length > 0) {
    throw new StepFailure('header', `the record's ${differing.join(', ')} is not what its header says`);
  }
  if (header.audience !== deployment.audience) {
    throw new StepFailure('header', `the header is for ${header.audience}, this is ${deployment.audience}`);
  }
  return header;
}

function readHeader(bytes: Buffer): Header {
  try {
    return decodeHeader(bytes);
  } catch (error) {
    if (error instanceof WireFault)
      throw new StepFailure('header', `the stored header does not read: ${error.message}`);
    throw error;
  }
}

/** The registry offset that held for the record: that of the marker below it, which the root key must have signed. */
export function markerStep(marker: BatchRow | undefined, deployment: Deployment): number {
  if (!marker) throw new StepFailure('key', 'no registry marker is stored below the record');
  const header = readHeader(marker.header);
  const good =
    header.kind === 'registry' &&
    header.audience === deployment.audience &&
    header.partition === marker.partition &&
    verifyHeader(deployment.rootPublicKey, marker.header, marker.signature);
  if (!good) {
    throw new StepFailure('key', `the registry marker at offset ${marker.offset} is not what the root key signed`);
  }
  return header.registry;
}

export function keyStep(header: Header, registry: RegistryView, asOf: number): KeyGrant {
  const keyId = header.key_id.toString('hex');
  const grant = registry.keyAsOf(keyId, asOf);
  if (!grant) throw new StepFailure('key', `key ${keyId} was not registered when the record came`);
  if (grant.revoked) throw new StepFailure('key', `key ${keyId} was revoked before the record came`);
  if (grant.producerId !== header.producer_id) {
    throw new StepFailure('key', `the key belongs to ${grant.producerId}, the record names ${header.producer_id}`);
  }
  return grant;
}

export function signatureStep({ header, signature }: BatchRow, { publicKey }: KeyGrant): void {
  if (!publicKey || signature.length !== 64 || !verifyHeader(publicKey, header, signature)) {
    throw new StepFailure('signature', "the stored signature is not the key's over the stored header");
  }
}

export function rootStep({ leaves }: BatchRow, { root, count }: Header): void {
  if (leaves.length !== count * 32) {
    throw new StepFailure('root', `${leaves.length / 32} leaves are stored, the header counts ${count}`);
  }
  if (!merkleRoot(leaves).equals(root)) {
    throw new StepFailure('root', 'the stored leaves do not give the root that the header signs');
  }
}
