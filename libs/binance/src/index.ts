export * from './control.js';
export { LARGEST_FRAME, decodeFrame } from './decode/decode.js';
export * from './frame.js';
export * from './normalize.js';
export { KNOWN_TYPES, type KnownType, keepsLatest, orderingOf } from './registry.js';
export type { Schema } from './shape/fields.js';
export { type StreamNameProblem, parseStreamName } from './stream-name.js';
export type { NameParts, Ordering, ParsedStream, StreamDeclaration, StreamType } from './stream-type.js';
