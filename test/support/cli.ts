import { PassThrough, Readable } from 'node:stream';
import { runCli } from '../../services/cli/cli.js';

export interface CliRun {
  exitCode: number;
  stdout: string;
  stderr: string;
}

export interface CliSetting {
  env?: Record<string, string>;
  cwd?: string;
  stdin?: string | Buffer;
  nowMs?: () => number;
  signal?: AbortSignal;
  /** Columns of the terminal that stdout is; absent: it is a pipe. */
  terminal?: number;
}

/** Runs one command line in this process, with streams, environment and folder of its own. */
export async function cli(args: readonly string[], setting: CliSetting = {}): Promise<CliRun> {
  const {
    env = {},
    cwd = '/nonexistent',
    stdin = '',
    nowMs = Date.now,
    signal = new AbortController().signal,
    terminal,
  } = setting;
  const stdout = collect();
  const stderr = collect();
  const input = Readable.from([Buffer.from(stdin)]);
  const exitCode = await runCli(args, {
    env,
    cwd,
    stdin: input,
    stdout: terminal === undefined ? stdout.stream : Object.assign(stdout.stream, { isTTY: true, columns: terminal }),
    stderr: stderr.stream,
    nowMs,
    signal,
  });
  return { exitCode, stdout: stdout.text(), stderr: stderr.text() };
}

function collect(): { stream: PassThrough; text: () => string } {
  const stream = new PassThrough();
  const chunks: Buffer[] = [];
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  return { stream, text: () => Buffer.concat(chunks).toString('utf8') };
}
