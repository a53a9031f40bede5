/** Types of the core name Node's Buffer where nothing else is said; what a page runs of it never makes one. */
interface Buffer extends Uint8Array<ArrayBuffer> {}
