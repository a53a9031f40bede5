export type ContentCoding = 'br' | 'gzip';

/** How much a client wants a coding (RFC 9110 §12.5.3): 0 is not at all. `x-gzip` is gzip's old name. */
export function qualityOf(coding: ContentCoding, header: string | string[] | undefined): number {
  const wanted = new Map(
    String(header ?? '')
      .toLowerCase()
      .split(',')
      .map((item): [string, number] => {
        const [name = '', ...parameters] = item.split(';').map((part) => part.trim());
        const quality = parameters.find((part) => part.startsWith('q='));
        return [name === 'x-gzip' ? 'gzip' : name, quality === undefined ? 1 : Number(quality.slice(2)) || 0];
      }),
  );
  return wanted.get(coding) ?? wanted.get('*') ?? 0;
}

export const acceptsGzip = (header: string | string[] | undefined): boolean => qualityOf('gzip', header) > 0;

/** The coding that the client likes best, Brotli where it likes both as much: it is smaller and no slower at the levels used here. */
export function codingFor(header: string | string[] | undefined): ContentCoding | undefined {
  const [br, gzip] = [qualityOf('br', header), qualityOf('gzip', header)];
  if (br > 0 && br >= gzip) return 'br';
  return gzip > 0 ? 'gzip' : undefined;
}
