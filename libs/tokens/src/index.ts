export { type Permit, covers, readRights } from './permit.js';
export { TokenRing, makeToken } from './tokens-file.js';
