const JSON_TYPE = 'application/json; charset=UTF-8';
const LINES = 'application/x-ndjson; charset=UTF-8';
const BINARY = 'application/octet-stream';
const TEXT = 'text/plain; charset=UTF-8';

/** The media type of an output format, as ClickHouse sends it. */
export function mediaType(format: string): string {
  const name = format.toLowerCase();
  if (name.startsWith('csv')) return `text/csv; charset=UTF-8; header=${name.includes('names') ? 'present' : 'absent'}`;
  if (name.startsWith('tabseparated') || name.startsWith('tsv')) return 'text/tab-separated-values; charset=UTF-8';
  if (name.startsWith('json')) return name.includes('eachrow') && !name.includes('array') ? LINES : JSON_TYPE;
  if (name === 'ndjson' || name === 'prettyndjson' || name === 'jsonlines') return LINES;
  if (name === 'xml') return 'application/xml; charset=UTF-8';
  if (/^(native|rowbinary|parquet|arrow|orc|avro|msgpack|protobuf|capnproto|bsoneachrow|npy|rawblob|null)/.test(name)) {
    return BINARY;
  }
  return TEXT;
}
