import { ValidationTypes } from 'class-validator';
import { targetConstructorToSchema } from 'class-validator-jsonschema';
import { CONVERTERS, type Schema } from './fields.js';

type Converters = Required<NonNullable<Parameters<typeof targetConstructorToSchema>[1]>>['additionalConverters'];

/**
 * The JSON Schema of a frame class, made from its class-validator metadata.
 *
 * @throws Error when a property has a validator that no schema stands for: class-validator-jsonschema would write an empty
 * schema (or only the property's TypeScript type) without a word, and that lets nearly everything pass.
 */
export function schemaOf(shape: new () => object): Schema {
  const own = Object.entries(CONVERTERS).map(([name, made]) => [
    name,
    typeof made === 'function' ? () => made() : made,
  ]);
  const additionalConverters = {
    ...Object.fromEntries(own),
    [ValidationTypes.CUSTOM_VALIDATION]: ({ propertyName, type }: { propertyName: string; type: string }) => {
      throw new Error(`${shape.name}.${propertyName} has a validator without a JSON Schema: ${type}`);
    },
  } as Converters;
  const schema = targetConstructorToSchema(shape, { additionalConverters }) as Schema;
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    if (!property.type) throw new Error(`${shape.name}.${name} has no validator that says its type`);
  }
  return schema;
}
