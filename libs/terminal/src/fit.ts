import stringWidth from 'string-width';
import { dim } from './colour.js';

const ESCAPE = '\u001B';

/** A colour, which takes no room, or one character. */
const PIECES = new RegExp(String.raw`${ESCAPE}\[[0-9;]*m|.`, 'gsu');

const ELLIPSIS = '…';

/** The text, or what fits of it and an ellipsis. Colours stay as they are. */
export function clip(text: string, width: number): string {
  if (stringWidth(text) <= width) return text;
  let room = width - 1;
  let clipped = '';
  for (const [piece] of text.matchAll(PIECES)) {
    const takes = piece.startsWith(ESCAPE) ? 0 : stringWidth(piece);
    if (takes > 0 && takes > room) room = -1;
    if (takes === 0 || room >= takes) clipped += piece;
    room -= takes;
    if (room < 0 && takes > 0 && !clipped.includes(ELLIPSIS)) clipped += ELLIPSIS;
  }
  return clipped;
}

/** The parts in as few lines as hold them, in their order. A part that is too long for any line is clipped. */
export function flow(parts: readonly string[], width: number, between = '   '): string[] {
  const lines: string[] = [];
  for (const part of parts) {
    const line = lines.at(-1);
    const longer = line === undefined ? part : `${line}${between}${part}`;
    if (line === undefined || stringWidth(longer) > width) lines.push(clip(part, width));
    else lines[lines.length - 1] = longer;
  }
  return lines;
}

/** The words in as few lines as hold them. A word that is too long for any line, like a URL, has one of its own, whole: it must be there to copy. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const line = lines.at(-1);
    const longer = line === undefined ? word : `${line} ${word}`;
    if (line === undefined || stringWidth(longer) > width) lines.push(word);
    else lines[lines.length - 1] = longer;
  }
  return lines;
}

/** Names and what they stand for, folded beside them. */
export function definitions(pairs: readonly (readonly [string, string])[], width: number): string[] {
  const longest = Math.max(0, ...pairs.map(([name]) => stringWidth(name)));
  return pairs.flatMap(([name, says]) =>
    wrap(says, width - longest - 4).map((line, index) => `  ${padded(index === 0 ? name : '', longest)}  ${line}`),
  );
}

/** Padded by what it takes on the screen: 币安人生 takes eight cells. */
export const padded = (text: string, width: number): string =>
  text + ' '.repeat(Math.max(0, width - stringWidth(text)));

/** The parts behind a name, in as many lines as they need. */
export const labelled = (name: string, parts: readonly string[], columns: number, label = 11): string[] =>
  flow(parts, columns - label).map((line, index) => `  ${padded(dim(index === 0 ? name : ''), label - 2)}${line}`);
