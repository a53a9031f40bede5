import type { Sink } from './download.js';

type Picker = (options: { suggestedName: string }) => Promise<{
  createWritable(): Promise<{
    write(bytes: Uint8Array<ArrayBuffer>): Promise<void>;
    close(): Promise<void>;
    abort(): Promise<void>;
  }>;
}>;

/** Asks for a file where the browser lets a page write one. Rejects with an AbortError where the person thinks better of it. */
export async function chooseSink(name: string): Promise<Sink> {
  const pick = (globalThis as { showSaveFilePicker?: Picker }).showSaveFilePicker;
  if (!pick) return memorySink();
  const file = await (await pick({ suggestedName: name })).createWritable();
  return { write: (bytes) => file.write(bytes), done: () => file.close(), abort: () => file.abort() };
}

function memorySink(): Sink {
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  return {
    async write(bytes) {
      chunks.push(bytes);
    },
    async done(name) {
      const url = URL.createObjectURL(new Blob(chunks));
      const link = document.createElement('a');
      link.href = url;
      link.download = name;
      link.click();
      setTimeout(() => URL.revokeObjectURL(url), 60_000);
    },
    async abort() {
      chunks.length = 0;
    },
  };
}
