import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

/** Metrics of one process. Names carry the prefix `sealstream_` and their unit; labels are bounded sets. */
export interface Metrics {
  registry: Registry;
  counter<L extends string>(name: string, help: string, labels?: readonly L[]): Counter<L>;
  /** `collect` sets it whenever it is asked for. */
  gauge<L extends string>(
    name: string,
    help: string,
    labels?: readonly L[],
    collect?: (gauge: Gauge<L>) => void,
  ): Gauge<L>;
  histogram<L extends string>(name: string, help: string, buckets: number[], labels?: readonly L[]): Histogram<L>;
}

export function createMetrics(service: string, { process = true } = {}): Metrics {
  const registry = new Registry();
  registry.setDefaultLabels({ service });
  if (process) collectDefaultMetrics({ register: registry });
  const registers = [registry];
  const full = (name: string): string => `sealstream_${name}`;
  return {
    registry,
    counter: (name, help, labels = []) => new Counter({ name: full(name), help, labelNames: labels, registers }),
    gauge: <L extends string>(
      name: string,
      help: string,
      labels: readonly L[] = [],
      collect?: (gauge: Gauge<L>) => void,
    ) => {
      const made: Gauge<L> = new Gauge<L>({
        name: full(name),
        help,
        labelNames: labels,
        registers,
        ...(collect ? { collect: () => collect(made) } : {}),
      });
      return made;
    },
    histogram: (name, help, buckets, labels = []) =>
      new Histogram({ name: full(name), help, buckets, labelNames: labels, registers }),
  };
}
