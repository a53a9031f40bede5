import type { BaseBlock, Integer } from 'asn1js';

/** Class (universal, context) and number of a tag. */
export const tagOf = (block: BaseBlock | undefined): string =>
  block ? `${['', 'u', 'a', 'c', 'p'][block.idBlock.tagClass]}${block.idBlock.tagNumber}` : '';

/** What a constructed value holds; nothing, where it is a plain one. */
export const children = (block: BaseBlock): BaseBlock[] =>
  (block.valueBlock as unknown as { value?: BaseBlock[] }).value ?? [];

/** A value as it stood in what it was read from. */
export const bytesOf = ({ valueBeforeDecodeView }: BaseBlock): Uint8Array => Uint8Array.from(valueBeforeDecodeView);

/** The contents of an INTEGER as they stand, which in DER is one way only. */
export function contents({ valueBeforeDecodeView: der }: Integer): Uint8Array {
  const length = der[1]!;
  return Uint8Array.from(der.subarray(length < 0x80 ? 2 : 2 + (length & 0x7f)));
}
