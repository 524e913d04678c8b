export { type Release, readRelease, releaseLine, rootOf } from './release.js';
