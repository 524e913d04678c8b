export * from './backoff.js';
export * from './driver.js';
export * from './ending.js';
export { silentDial } from './silent-dial.js';
export type * from './socket.js';
export * from './step.js';
export * from './table.js';
export * from './watch.js';
