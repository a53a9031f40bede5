/** A column of a block: its rows in ClickHouse's Native encoding, where neighbours of a type stand one after the other. */
export interface Column {
  readonly name: string;
  /** The type that the bytes are of. ClickHouse casts it to the table's: String to LowCardinality(String), Int8 to Enum8. */
  readonly type: string;
  readonly rows: number;
  /** Valid until the next append or reset. */
  chunks(): Buffer[];
  reset(): void;
}
