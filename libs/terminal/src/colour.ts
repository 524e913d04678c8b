import { styleText } from 'node:util';

/** Colours for a terminal; plain text where standard output is none, or where `NO_COLOR` is set. */
export const bold = (text: string): string => styleText('bold', text);
export const dim = (text: string): string => styleText('dim', text);
export const green = (text: string): string => styleText('green', text);
export const red = (text: string): string => styleText('red', text);
export const yellow = (text: string): string => styleText('yellow', text);
export const cyan = (text: string): string => styleText('cyan', text);
