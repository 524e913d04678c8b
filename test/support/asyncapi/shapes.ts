import type { JsonSchema } from './event-schemas.js';

/** An object with these properties and no others, all of them required but the optional ones. */
export const object = (properties: JsonSchema, optional: string[] = []): JsonSchema => ({
  type: 'object',
  additionalProperties: false,
  required: Object.keys(properties).filter((key) => !optional.includes(key)),
  properties,
});

export const list = (items: JsonSchema, description?: string): JsonSchema => ({
  type: 'array',
  items,
  ...(description && { description }),
});
export const STREAM = { type: 'string', description: "A stream's name" };
export const STREAMS = list(STREAM);
export const EPOCH_SEQ = object({ epoch: { type: 'integer' }, seq: { type: 'integer' } });
export const INSTANT = { type: 'integer', minimum: 0, description: 'In whole ms since the Unix epoch' };
