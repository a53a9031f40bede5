import { createRequire } from 'node:module';
import { Transform } from 'node:stream';
import type { Body } from './body.js';
import { cityHash128 } from './city-hash.js';
import { FrontError } from './errors.js';

// ClickHouse's own compressed format, which Java clients use (compress=1, decompress=1): blocks of a checksum, a method,
// the size with these nine bytes, the size unpacked, and the data. The checksum is over all that follows it.

/** The part of lz4-napi that is used: raw LZ4 blocks behind their unpacked size, four bytes, little-endian. */
interface Lz4 {
  compressSync(data: Buffer): Buffer;
  uncompressSync(data: Buffer): Buffer;
}
const { compressSync, uncompressSync } = createRequire(import.meta.url)('lz4-napi') as Lz4;

const CHECKSUM_BYTES = 16;
const HEADER_BYTES = 9;
const METHOD_NONE = 0x02;
const METHOD_LZ4 = 0x82;
const BLOCK_BYTES = 256 * 1024;
/** Unpacked or not; ClickHouse writes blocks of about a megabyte. */
const LARGEST_BLOCK_BYTES = 128 * 1024 ** 2;

function packBlock(data: Buffer): Buffer {
  const packed = compressSync(data);
  const block = Buffer.allocUnsafe(CHECKSUM_BYTES + HEADER_BYTES - 4 + packed.length);
  block.writeUInt8(METHOD_LZ4, CHECKSUM_BYTES);
  block.writeUInt32LE(block.length - CHECKSUM_BYTES, CHECKSUM_BYTES + 1);
  packed.copy(block, CHECKSUM_BYTES + HEADER_BYTES - 4);
  cityHash128(block.subarray(CHECKSUM_BYTES)).copy(block);
  return block;
}

/** Packs what is written into blocks. */
export function createBlockPacker(): Transform {
  let pending: Buffer[] = [];
  let pendingBytes = 0;
  const take = (): Buffer => {
    const block = packBlock(Buffer.concat(pending));
    pending = [];
    pendingBytes = 0;
    return block;
  };
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      pending.push(chunk);
      pendingBytes += chunk.length;
      done(null, pendingBytes >= BLOCK_BYTES ? take() : undefined);
    },
    flush(done) {
      done(null, pendingBytes > 0 ? take() : undefined);
    },
  });
}

/** The contents of a body that consists of blocks. Throws for a block that breaks off or was altered on the way. */
export function unpackBlocks(body: Body): Body {
  let buffered: Buffer = Buffer.alloc(0);

  /** Exactly so many bytes, or undefined at the end of the body. */
  const read = async (bytes: number): Promise<Buffer | undefined> => {
    const chunks = [buffered];
    let available = buffered.length;
    while (available < bytes) {
      const chunk = await body.next();
      if (chunk === undefined) break;
      chunks.push(chunk);
      available += chunk.length;
    }
    const all = Buffer.concat(chunks);
    if (all.length === 0) return undefined;
    if (all.length < bytes)
      throw new FrontError(33, 'CANNOT_READ_ALL_DATA', 'The body ends within a compressed block.');
    buffered = all.subarray(bytes);
    return all.subarray(0, bytes);
  };

  return {
    drain: body.drain,
    async next() {
      const head = await read(CHECKSUM_BYTES + HEADER_BYTES);
      if (head === undefined) return undefined;
      const size = head.readUInt32LE(CHECKSUM_BYTES + 1);
      if (size < HEADER_BYTES || size > LARGEST_BLOCK_BYTES) throw tooLarge(size);
      const data = (size === HEADER_BYTES ? Buffer.alloc(0) : await read(size - HEADER_BYTES)) ?? Buffer.alloc(0);
      return unpackBlock({ head, data });
    },
  };
}

const tooLarge = (size: number): FrontError =>
  new FrontError(
    271,
    'CANNOT_DECOMPRESS',
    `A compressed block of ${size} bytes is not valid: is the body in ClickHouse's compressed format?`,
  );

function unpackBlock({ head, data }: { head: Buffer; data: Buffer }): Buffer {
  const header = head.subarray(CHECKSUM_BYTES);
  if (!cityHash128(Buffer.concat([header, data])).equals(head.subarray(0, CHECKSUM_BYTES))) {
    throw new FrontError(40, 'CHECKSUM_DOESNT_MATCH', "Checksum doesn't match: the compressed block is corrupted.");
  }
  const method = header.readUInt8(0);
  const unpackedBytes = header.readUInt32LE(5);
  if (method === METHOD_NONE) return data;
  if (method !== METHOD_LZ4) {
    throw new FrontError(
      89,
      'UNKNOWN_COMPRESSION_METHOD',
      `Compression method 0x${method.toString(16)} is not supported: use LZ4.`,
    );
  }
  if (unpackedBytes > LARGEST_BLOCK_BYTES) throw tooLarge(unpackedBytes);
  try {
    return uncompressSync(Buffer.concat([header.subarray(5), data]));
  } catch (cause) {
    throw new FrontError(271, 'CANNOT_DECOMPRESS', 'A compressed block cannot be decompressed.', { cause });
  }
}
