/** SHA-256 of schemas/event.avsc, as headers carry it: the one schema of events that this verifier can read. */
export const knownSchemaId = '19b5985c9213bbb326d9e9813fa8ecfd54b20ca92c08d6affa39a0d1eec50326';
