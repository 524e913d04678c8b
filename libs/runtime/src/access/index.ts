export { Access, type Identified } from './access.js';
export { type AccessRefusal, KEPT_OUT } from './access-refusal.js';
export { readCredential } from './credential.js';
export { watchFiles } from './file-watch.js';
export { certificateProblems } from './certificate.js';
