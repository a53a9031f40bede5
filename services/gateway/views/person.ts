import type { Caller } from '../auth/caller.js';
import type { KeyDirectory } from '../auth/key-directory.js';

/** Whose views a caller's are, over sessions and over sign-ins. */
export interface Persons {
  /**
   * The id of an OpenID provider's user or of an auditor's link. Of an API key the first of those that were made in place of one another:
   * rotating a key loses nothing.
   */
  of(caller: Caller): Promise<string>;
}

export function createPersons({ directory }: { directory: Pick<KeyDirectory, 'all'> }): Persons {
  return {
    async of({ keyId, source }) {
      if (source && source.kind !== 'api_key') return keyId;
      const replaced = new Map((await directory.all()).map(({ id, replaces }) => [id, replaces]));
      const seen = new Set<string>();
      let first = keyId;
      for (let next = replaced.get(first); next !== undefined && !seen.has(next); next = replaced.get(next)) {
        seen.add(next);
        first = next;
      }
      return first;
    },
  };
}
