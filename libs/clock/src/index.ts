export { systemClock, systemRandom } from './clock.js';
