/** A shard of the log: one partition of one incarnation of the events topic, or the registry (docs/decisions/0040). */
export type Shard = { incarnation: Buffer; partition: number } | 'registry';

/** A path segment: `<incarnation, 32 hex digits>-<partition>`, or `registry`. */
export const shardName = (shard: Shard): string =>
  shard === 'registry' ? 'registry' : `${shard.incarnation.toString('hex')}-${shard.partition}`;

/** What the shard's checkpoints call it, and the name on the log's signature. */
export const originOf = (audience: string, shard: Shard): string =>
  shard === 'registry' ? `${audience}/registry` : `${audience}/${shard.incarnation.toString('hex')}/${shard.partition}`;

/** The only names that a shard's folder can have; also what keeps a request's path within the log's folder. */
export const shardPattern = '^(?:registry|[0-9a-f]{32}-(?:0|[1-9][0-9]{0,9}))$';
const shardForm = new RegExp(shardPattern);

export const isShardName = (name: string): boolean => shardForm.test(name);

/** The shard of a name, undefined for any other text. */
export function shardOf(name: string): Shard | undefined {
  if (!isShardName(name)) return undefined;
  if (name === 'registry') return 'registry';
  const [incarnation, partition] = name.split('-') as [string, string];
  return { incarnation: Buffer.from(incarnation, 'hex'), partition: Number(partition) };
}
