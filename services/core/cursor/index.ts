export * from './bytes.js';
export * from './ingest-cursor.js';
