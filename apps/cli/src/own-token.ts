/** Not an argument: those of a program are seen by everybody on its machine. */
const VARIABLE = 'HOLDFAST_TOKEN';

export const HOW_TO_BRING_ONE = `set ${VARIABLE} to one.`;

/** The token with which commands come in at a gateway; undefined where there is none. */
export const ownToken = (): string | undefined => process.env[VARIABLE] || undefined;
