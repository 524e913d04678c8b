import { EventEmitter } from 'node:events';
import { stripVTControlCharacters } from 'node:util';
import stringWidth from 'string-width';
import { describe, expect, it } from 'vitest';
import { flow, labelled, wrap } from './fit.js';
import { displayOn } from './screen.js';
import { canRedraw, lineWidth, sizeOf } from './size.js';
import { tableOf } from './table.js';

describe('what is laid out', () => {
  it('keeps columns straight beside wide characters', () => {
    const rows = [{ name: '币安人生' }, { name: 'btc' }];
    const lines = tableOf(
      [
        { title: 'n', cell: ({ name }) => name },
        { title: 'x', cell: () => '|' },
      ],
      rows,
    );
    expect(lines.slice(2)).toEqual(['币安人生  |', 'btc       |']);
  });

  it('is folded between words; what cannot be folded, like a URL, stays whole', () => {
    const url = 'http://127.0.0.1:9464/a/long/path';
    expect(wrap(`look at ${url} and go on`, 12)).toEqual(['look at', url, 'and go on']);
  });

  it.each([40, 80, 140])('fits %i columns, wide characters and colours included', (width) => {
    const parts = Array.from({ length: 30 }, (_, at) => `${'币安'.repeat(at % 4)} part ${at}`);
    for (const line of [...flow(parts, width), ...labelled('name', parts, width)])
      expect(stringWidth(line)).toBeLessThanOrEqual(width);
  });
});

/** An output that remembers what was written. */
class Paper extends EventEmitter {
  isTTY = true;
  columns = 80;
  rows = 24;
  text = '';
  write = (text: string): boolean => ((this.text += text), true);
}

describe('a terminal', () => {
  it('that does not know its size has the usual one, and a pipe takes lines of any length', () => {
    expect(sizeOf({ columns: 0 })).toEqual({ columns: 80, rows: 24 });
    expect(lineWidth({ isTTY: true, columns: 100 })).toBe(100);
    expect(lineWidth({ isTTY: false })).toBe(Infinity);
  });

  it('is drawn over only where it can be', () => {
    expect([
      canRedraw({ isTTY: true }, 'xterm'),
      canRedraw({ isTTY: true }, 'dumb'),
      canRedraw({ isTTY: false }),
    ]).toEqual([true, false, false]);
  });

  it('is drawn anew, and within its new width, as soon as that changes', () => {
    const paper = new Paper();
    const display = displayOn(paper as unknown as NodeJS.WriteStream, () => undefined);
    display.draw(({ columns }) => ['x'.repeat(columns)]);
    paper.text = '';
    paper.columns = 40;
    paper.emit('resize');
    expect(paper.text).toContain('\u001B[2J\u001B[H');
    expect(stripVTControlCharacters(paper.text).match(/x+/g)).toEqual(['x'.repeat(40)]);
    display.end();
    expect(paper.listenerCount('resize')).toBe(0);
  });
});
