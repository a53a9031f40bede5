import { type PackText, packTexts } from '../pack/index.js';
import type { RuleTable, RuleText } from '../rule-texts/index.js';

/** Rules that come with the product belong to the deployment, and are judged for every organization. */
export const packOwner = '';
const installer = 'sealstream';

/**
 * Puts the built-in rules into the table, where they are not or where another release's stand there. What people decided stays: whether a
 * rule is on, whom it tells, how often, that it was removed. Resolves with how many texts were written.
 */
export async function installPack({
  table,
  texts = packTexts(),
  nowMs,
}: {
  table: Pick<RuleTable, 'versions' | 'write'>;
  texts?: readonly PackText[];
  nowMs: number;
}): Promise<number> {
  const written: RuleText[] = [];
  for (const { id, name, text, enabled } of texts) {
    const [last] = await table.versions(packOwner, id);
    if (last?.text === text && last.name === name) continue;
    const decided = last ?? { enabled, deleted: false, channels: [], repeatSeconds: 0 };
    written.push({
      organizationId: packOwner,
      id,
      version: (last?.version ?? 0) + 1,
      name,
      text,
      enabled: decided.enabled,
      deleted: decided.deleted,
      channels: decided.channels,
      repeatSeconds: decided.repeatSeconds,
      activeFromUs: nowMs * 1_000,
      changedAtMs: nowMs,
      changedBy: installer,
    });
  }
  if (written.length > 0) await table.write(written);
  return written.length;
}
