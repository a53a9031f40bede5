export * from './action.js';
export { catalogueActions } from './actions.js';
export * from './details-check.js';
export * from './details-schema.js';
export * from './lookup.js';
