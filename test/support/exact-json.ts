/**
 * A JSON text written again without white space, each number in the letters it had; only whole ones that JavaScript holds
 * are written plainly, because those of documented fields are.
 */
export function exactly(text: string): string {
  const keep = (_key: string, value: unknown, context?: { source?: string }): unknown => {
    if (typeof value !== 'number' || context?.source === undefined) return value;
    return Number.isSafeInteger(value) && !Object.is(value, -0) ? value : JSON.rawJSON(context.source);
  };
  return JSON.stringify(JSON.parse(text, keep));
}
