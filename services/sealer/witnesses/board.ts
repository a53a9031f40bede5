import type { WitnessTrouble } from './answer.js';

/** How the witnesses are, for `/readyz` and metrics. A witness that is not well holds nothing up. */
export interface WitnessBoard {
  well(witness: string, origin: string): void;
  trouble(witness: string, origin: string, trouble: WitnessTrouble, detail: string): void;
  /** '' where all is well. */
  report(): string;
}

export function createWitnessBoard({
  onChange,
}: {
  onChange: (witness: string, isAway: boolean) => void;
}): WitnessBoard {
  /** By witness, then by origin. */
  const troubles = new Map<string, Map<string, string>>();
  const of = (witness: string): Map<string, string> => {
    const known = troubles.get(witness) ?? new Map<string, string>();
    troubles.set(witness, known);
    return known;
  };
  return {
    well(witness, origin) {
      const known = of(witness);
      known.delete(origin);
      onChange(witness, known.size > 0);
    },
    trouble(witness, origin, trouble, detail) {
      of(witness).set(origin, `${trouble}: ${detail}`);
      onChange(witness, true);
    },
    report: () =>
      [...troubles]
        .flatMap(([witness, known]) =>
          [...known].slice(0, 1).map(([origin, why]) => `witness ${witness} of ${origin}: ${why}`),
        )
        .join('; '),
  };
}
