import { targetConstructorToSchema } from 'class-validator-jsonschema';
import { CONVERTERS, type Schema } from './fields.js';

/**
 * The JSON Schema of a frame class, made from its class-validator metadata.
 *
 * @throws Error when a property came out without a type: its validator is not in `CONVERTERS`, and an empty schema
 * would let everything pass.
 */
export function schemaOf(shape: new () => object): Schema {
  const schema = targetConstructorToSchema(shape, {
    additionalConverters: Object.fromEntries(
      Object.entries(CONVERTERS).map(([name, made]) => [name, typeof made === 'function' ? () => made() : made]),
    ),
  } as Parameters<typeof targetConstructorToSchema>[1]) as Schema;
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    if (!property.type) throw new Error(`${shape.name}.${name} has a validator without a JSON Schema`);
  }
  return schema;
}
