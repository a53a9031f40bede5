export { compileDetection } from './compile.js';
export { createFieldReader } from './field-reader.js';
export * from './rule-index.js';
export { detectionSql } from './sql/index.js';
