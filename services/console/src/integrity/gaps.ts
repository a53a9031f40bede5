export interface ListedProducer {
  key_id: string;
  producer_id: string;
  name: string;
}

export interface ProducerGaps {
  producerId: string;
  name: string;
  found: number;
  closed: number;
  /** Found and never closed. */
  open: number;
  forked: number;
}

type Counts = ReadonlyMap<string, number>;

/** Every producer of which something is known, those with something open first. */
export function gapsByProducer({
  found,
  closed,
  forked,
  producers,
}: {
  found: Counts;
  closed: Counts;
  forked: Counts;
  producers: readonly ListedProducer[];
}): ProducerGaps[] {
  const names = new Map(producers.map(({ producer_id, name }) => [producer_id, name]));
  const ids = new Set([...names.keys(), ...found.keys(), ...closed.keys(), ...forked.keys()]);
  const rows = [...ids].map((producerId) => {
    const [gaps, mended] = [found.get(producerId) ?? 0, closed.get(producerId) ?? 0];
    return {
      producerId,
      name: names.get(producerId) ?? '',
      found: gaps,
      closed: mended,
      open: Math.max(0, gaps - mended),
      forked: forked.get(producerId) ?? 0,
    };
  });
  return rows.sort((a, b) => b.forked - a.forked || b.open - a.open || a.producerId.localeCompare(b.producerId));
}

export const findingWords: Readonly<Record<string, string>> = {
  'log.gap_detected': 'Events are missing',
  'log.gap_closed': 'A gap was closed',
  'log.equivocation_detected': 'Two records claim one place',
  'log.verification_failed': 'Stored data is not what was sealed',
};
