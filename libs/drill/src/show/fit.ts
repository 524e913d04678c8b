import stringWidth from 'string-width';

/** How much a terminal shows. */
export interface ScreenSize {
  columns: number;
  rows: number;
}

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
