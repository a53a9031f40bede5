// One plain line for each step, at most 80 columns, so that a log file of it reads like the terminal did.

const WIDTH = 80;

const clip = (text) => (text.length > WIDTH ? `${text.slice(0, WIDTH - 1)}…` : text);

/** `write` takes one line without its newline. */
export function createProgress({ write = (line) => process.stdout.write(`${line}\n`), now = Date.now } = {}) {
  const say = (text) => write(clip(`sealstream: ${text}`));
  /** Runs one step and says how long it took. The step's error passes through. */
  const step = async (name, run) => {
    const startedAt = now();
    say(`${name} …`);
    const result = await run();
    say(`done in ${((now() - startedAt) / 1000).toFixed(1)} s: ${name}`);
    return result;
  };
  return { say, step };
}
