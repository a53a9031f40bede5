const SAFE = /^[\w.:/@,+=-]*$/;

/** Single quotes keep everything but a single quote; a URL can carry that as %27. */
const quoted = (value: string) => (SAFE.test(value) ? value : `'${value.replaceAll("'", '%27')}'`);

/** Lines that a shell (`set -a; . env`) and Node (`util.parseEnv`) read alike. */
export function formatEnvFile(variables: Readonly<Record<string, string>>): string {
  return Object.entries(variables)
    .map(([name, value]) => `${name}=${quoted(value)}\n`)
    .join('');
}
