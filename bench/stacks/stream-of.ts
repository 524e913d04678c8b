/** Of `{"stream":"<name>",…`: without a parse. */
export const streamOf = (text: string): string => text.slice(11, text.indexOf('"', 11));
