import type { Surroundings } from '../surroundings.js';

/** One line on stderr that says how far a long work is: rewritten in place on a terminal, now and then elsewhere. */
export interface Progress {
  show(text: () => string): void;
  /** A line of its own, which stays. */
  say(text: string): void;
  done(): void;
}

const often = { terminalMs: 200, plainMs: 10_000 };

export function createProgress({ stderr, nowMs }: Pick<Surroundings, 'stderr' | 'nowMs'>, every = often): Progress {
  const everyMs = stderr.isTTY ? every.terminalMs : every.plainMs;
  let shownMs = nowMs();
  let open = false;
  const clear = (): void => {
    if (open) stderr.write('\r\u001b[2K');
    open = false;
  };
  return {
    show(text) {
      if (nowMs() - shownMs < everyMs) return;
      shownMs = nowMs();
      clear();
      stderr.write(stderr.isTTY ? text().slice(0, (stderr.columns ?? 80) - 1) : `${text()}\n`);
      open = stderr.isTTY === true;
    },
    say(text) {
      clear();
      stderr.write(`${text}\n`);
    },
    done: clear,
  };
}
