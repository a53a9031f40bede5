/** A column of a block: its values already as ClickHouse's Native format has them. */
export interface NativeColumn {
  readonly name: string;
  readonly type: string;
  readonly data: Buffer;
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  return Buffer.from([...bytes, rest]);
}

/** A length and the text. */
export const nativeString = (text: string): Buffer =>
  Buffer.concat([varint(Buffer.byteLength(text)), Buffer.from(text)]);

/** One block of the Native format, from its description alone (docs: interfaces/formats/Native). */
export const nativeBlock = (rows: number, columns: readonly NativeColumn[]): Buffer =>
  Buffer.concat([
    varint(columns.length),
    varint(rows),
    ...columns.flatMap(({ name, type, data }) => [nativeString(name), nativeString(type), data]),
  ]);

export const uint64s = (values: readonly number[]): Buffer => Buffer.from(BigUint64Array.from(values, BigInt).buffer);
export const uint32s = (values: readonly number[]): Buffer => Buffer.from(Uint32Array.from(values).buffer);
export const strings = (values: readonly string[]): Buffer => Buffer.concat(values.map(nativeString));

/** A UUID's two halves, each back to front. */
export function nativeUuid(uuid: string): Buffer {
  const bytes = Buffer.from(uuid.replaceAll('-', ''), 'hex');
  return Buffer.concat([bytes.subarray(0, 8).reverse(), bytes.subarray(8).reverse()]);
}
