export type { DigestName, WebCrypto } from './algorithms.js';
export { certificatesFromPem, readCertificate } from './certificates.js';
export { mostTimestampBytes } from './der.js';
export { TimestampError, type TimestampFaultCode } from './errors.js';
export { createTimestampRequest, timestampQueryType, timestampReplyType } from './request.js';
export { readTimestampResponse, type TimestampResponse } from './response.js';
export type { TimestampClaims } from './token.js';
export { type TimestampFault, type TimestampToVerify, type VerifiedTimestamp, verifyTimestamp } from './verify.js';
