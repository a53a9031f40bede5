import { type ReadonlySignal, signal } from '@preact/signals';
import { givenOf, type TrustFiles } from './files.js';
import { type Verified, VerifyRefusal, verifyInBrowser } from './verify-in-browser.js';

/** A bundle, and what became of judging it. */
export interface Judged {
  id: number;
  name: string;
  bytes: number;
  state: { kind: 'judging' } | ({ kind: 'verdict' } & Verified) | { kind: 'refused'; refusal: VerifyRefusal };
}

export interface Results {
  /** The newest first. */
  readonly list: ReadonlySignal<readonly Judged[]>;
  judge(bundles: readonly (File | { name: string; text: string })[], trust: TrustFiles): void;
  /** All of them once more: what is trusted has changed. */
  again(trust: TrustFiles): void;
  close(id: number): void;
  stop(): void;
}

const most = 20;
type Bundle = File | { name: string; text: string };

/** Bundles are judged one after the other: each takes all of a processor. */
export function createResults({ verify = verifyInBrowser }: { verify?: typeof verifyInBrowser } = {}): Results {
  const list = signal<readonly Judged[]>([]);
  const bundles = new Map<number, Bundle>();
  let running = new AbortController();
  let line: Promise<void> = Promise.resolve();
  let next = 0;

  const put = (id: number, state: Judged['state']): void => {
    list.value = list.peek().map((one) => (one.id === id ? { ...one, state } : one));
  };
  const enqueue = (id: number, trust: TrustFiles): void => {
    const { signal } = running;
    line = line.then(async () => {
      const bundle = bundles.get(id);
      if (signal.aborted || !bundle) return;
      try {
        const found = await verify(
          'text' in bundle && typeof bundle.text === 'string' ? bundle.text : (bundle as File),
          {
            trust: givenOf(trust),
            signal,
          },
        );
        put(id, { kind: 'verdict', ...found });
      } catch (error) {
        if (error instanceof VerifyRefusal) put(id, { kind: 'refused', refusal: error });
      }
    });
  };

  return {
    list,
    judge(added, trust) {
      for (const bundle of added.slice(0, most)) {
        const id = next++;
        bundles.set(id, bundle);
        const bytes = 'size' in bundle ? bundle.size : new TextEncoder().encode(bundle.text).length;
        list.value = [{ id, name: bundle.name, bytes, state: { kind: 'judging' } as const }, ...list.peek()].slice(
          0,
          most,
        );
        enqueue(id, trust);
      }
      const kept = new Set(list.peek().map(({ id }) => id));
      for (const id of bundles.keys()) if (!kept.has(id)) bundles.delete(id);
    },
    again(trust) {
      running.abort();
      running = new AbortController();
      list.value = list.peek().map((one) => ({ ...one, state: { kind: 'judging' } }));
      for (const { id } of [...list.peek()].reverse()) enqueue(id, trust);
    },
    close(id) {
      bundles.delete(id);
      list.value = list.peek().filter((one) => one.id !== id);
    },
    stop: () => running.abort(),
  };
}
