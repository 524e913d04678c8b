export { ATTEMPT_COLUMNS } from './attempts.js';
export { bold, cyan, dim, green, red, yellow } from './colour.js';
export { clip, definitions, flow, labelled, padded, wrap } from './fit.js';
export { type Display, displayOn } from './screen.js';
export { type ScreenSize, canRedraw, lineWidth } from './size.js';
export { type Column, tableOf } from './table.js';
