import { randomUUID } from 'node:crypto';
import type { KeyGrant, Registry, RegistryFact } from '../../core/registry/index.js';
import type { RegistryWriter } from '../../core/registry/writer.js';
import { keyIdOf } from '../../core/seal/index.js';
import type { Scope } from '../../core/wire/index.js';
import { type Caller, may, mayActFor } from '../auth/caller.js';
import { Problem } from '../errors.js';
import { gatewayProducerId } from './open-registry.js';

export interface ProducerRequest {
  producerId: string | undefined;
  publicKey: Buffer;
  organizations: '*' | readonly string[];
  scopes: readonly Scope[];
  name: string;
}

/**
 * What is done to the registry over HTTP, one change after the other, each resting on what the one before left. Every method resolves
 * once the entry is in force in every partition, and rejects with a Problem for what may not be.
 */
export interface Registrar {
  /** `registered` is false when the registry said just that before. */
  registerProducer(
    request: ProducerRequest,
    caller: Caller,
  ): Promise<{ grant: KeyGrant; registered: boolean; offset: number }>;
  /** `revoked` is false when it was before. */
  revokeProducer(keyId: string, caller: Caller): Promise<{ grant: KeyGrant; revoked: boolean; offset: number }>;
  nameOrganization(id: string, name: string): Promise<{ created: boolean; changed: boolean; offset: number }>;
}

/** Producer ids that mean the deployment's own writers. */
const reservedProducers = new Set([gatewayProducerId, 'registry']);

export const covers = (caller: Caller, organizations: ReadonlySet<string>): boolean =>
  caller.organizations === '*' || [...organizations].every((organization) => mayActFor(caller, organization));

export function createRegistrar({
  registry,
  writer,
  rootKeyId,
}: {
  registry: Registry;
  writer: RegistryWriter;
  /** Hex. */
  rootKeyId: string;
}): Registrar {
  let queue: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const turn = queue.then(work);
    queue = turn.catch(() => {});
    return turn;
  };
  const grantOf = (keyId: string): KeyGrant | undefined => registry.keys().find((grant) => grant.keyId === keyId);
  const append = async (fact: RegistryFact): Promise<number> => (await writer.append(fact)).offset;

  return {
    registerProducer: (request, caller) =>
      inTurn(async () => {
        checkGrant(request, caller);
        const keyId = keyIdOf(request.publicKey);
        const known = grantOf(keyId.toString('hex'));
        const producerId = request.producerId ?? known?.producerId ?? `prd_${randomUUID().replaceAll('-', '')}`;
        checkKey({ keyId: keyId.toString('hex'), producerId, known, rootKeyId, caller });
        checkProducer(producerId, registry.keys(), caller);
        if (known && sameGrant(known, request)) return { grant: known, registered: false, offset: registry.newest };
        const offset = await append({
          kind: 'key',
          key_id: keyId,
          algorithm: 1,
          public_key: request.publicKey,
          producer_id: producerId,
          organizations: request.organizations === '*' ? ['*'] : [...request.organizations],
          scopes: [...request.scopes],
          name: request.name,
        });
        return { grant: grantOf(keyId.toString('hex'))!, registered: true, offset };
      }),
    revokeProducer: (keyId, caller) =>
      inTurn(async () => {
        const grant = grantOf(keyId);
        // What the caller may not see does not exist for it.
        if (!grant || !covers(caller, grant.organizations)) {
          throw new Problem('not-found', `no producer key ${JSON.stringify(keyId)} is to be seen`);
        }
        if (reservedProducers.has(grant.producerId)) {
          throw new Problem(
            'conflict',
            'this is the gateway’s own key: change its key file and start it again instead',
          );
        }
        checkSystemScope([...grant.scopes], caller);
        if (grant.revoked) return { grant, revoked: false, offset: registry.newest };
        const offset = await append({ kind: 'key_revoked', key_id: Buffer.from(keyId, 'hex') });
        return { grant: grantOf(keyId)!, revoked: true, offset };
      }),
    nameOrganization: (id, name) =>
      inTurn(async () => {
        const known = registry.organizations().find((organization) => organization.id === id);
        if (known?.name === name) return { created: false, changed: false, offset: registry.newest };
        const offset = await append({ kind: 'organization', organization_id: id, name });
        return { created: !known, changed: true, offset };
      }),
  };
}

/** A key can give a producer no more than it has itself. */
function checkGrant({ organizations, scopes }: ProducerRequest, caller: Caller): void {
  const beyond =
    organizations === '*'
      ? caller.organizations === '*'
        ? undefined
        : '*'
      : organizations.find((id) => !mayActFor(caller, id));
  if (beyond !== undefined) {
    const detail = `the API key does not speak for organization ${JSON.stringify(beyond)}`;
    throw new Problem('forbidden', detail, { errors: [{ pointer: '/organizations', detail }] });
  }
  checkSystemScope(scopes, caller);
}

function checkSystemScope(scopes: readonly Scope[], caller: Caller): void {
  if (!scopes.includes('system') || (may(caller, 'admin') && caller.organizations === '*')) return;
  const detail = 'the system scope is for API keys with the permission admin and every organization';
  throw new Problem('forbidden', detail, {
    errors: [{ pointer: '/scopes', detail }],
    extensions: { required_permission: 'admin' },
  });
}

function checkKey({
  keyId,
  producerId,
  known,
  rootKeyId,
  caller,
}: {
  keyId: string;
  producerId: string;
  known: KeyGrant | undefined;
  rootKeyId: string;
  caller: Caller;
}): void {
  const conflict = (detail: string): Problem =>
    new Problem('conflict', detail, { errors: [{ pointer: '/public_key', detail }] });
  if (keyId === rootKeyId)
    throw conflict('this is the deployment’s root key, which signs the registry and nothing else');
  if (!known) return;
  // A stranger's key is a conflict and no more is said of it.
  if (!covers(caller, known.organizations)) throw conflict('the key is registered already');
  if (known.revoked) throw conflict('the key was revoked, which is for good; register a new one');
  if (known.producerId !== producerId) throw conflict(`the key belongs to the producer ${known.producerId}`);
}

/** Another key for a producer is a rotation: only who could register all its keys may add one. */
function checkProducer(producerId: string, grants: readonly KeyGrant[], caller: Caller): void {
  const detail = `the producer_id ${JSON.stringify(producerId)} is taken`;
  const taken = new Problem('conflict', detail, { errors: [{ pointer: '/producer_id', detail }] });
  if (reservedProducers.has(producerId)) throw taken;
  for (const grant of grants) {
    if (grant.producerId === producerId && !covers(caller, grant.organizations)) throw taken;
  }
}

function sameGrant(grant: KeyGrant, { organizations, scopes, name }: ProducerRequest): boolean {
  const wanted = new Set(organizations === '*' ? ['*'] : organizations);
  const equal = (a: ReadonlySet<string>, b: ReadonlySet<string>): boolean =>
    a.size === b.size && [...a].every((item) => b.has(item));
  return grant.name === name && equal(grant.organizations, wanted) && equal(grant.scopes, new Set(scopes));
}
