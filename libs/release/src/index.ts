export { type Release, readRelease, rootOf } from './release.js';
