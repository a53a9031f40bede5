import { readFileSync } from 'node:fs';

const LINES = 15;

/** The end of a log file, indented, for a message. */
export function lastLines(path: string, count: number = LINES): string {
  try {
    const lines = readFileSync(path, 'utf8').trimEnd().split('\n').slice(-count);
    return lines.map((line) => `  ${line}`).join('\n');
  } catch {
    return '  (no log)';
  }
}
