import type { ComponentChildren, JSX } from 'preact';
import { duration } from '#libs/core';
import type { Tone } from '../words/page.js';

/** An instant, by the wall of whoever looks. */
export function Clock({ at }: { at: number | null }): JSX.Element {
  if (at === null) return <span class="none">–</span>;
  const date = new Date(at);
  return (
    <time dateTime={date.toISOString()} title={date.toISOString()}>
      {date.toLocaleTimeString('en-GB')}
    </time>
  );
}

/** How long ago something was, or how long until it is; nothing where it never was. */
export const ago = (at: number | null, now: number): string => (at === null ? '–' : duration(Math.max(0, now - at)));

/** A state in words and in colour, never in colour alone. */
export const Badge = ({ tone, children }: { tone: Tone; children: ComponentChildren }): JSX.Element => (
  <span class={`badge ${tone}`}>{children}</span>
);

export const Section = ({
  id,
  title,
  note,
  children,
}: {
  id: string;
  title: string;
  note?: string;
  children: ComponentChildren;
}): JSX.Element => (
  <section id={id} aria-labelledby={`${id}-title`}>
    <h2 id={`${id}-title`}>{title}</h2>
    {note && <p class="note">{note}</p>}
    {children}
  </section>
);

/** A column: `wide` ones are left out where there is no room. */
export interface ShownColumn<T> {
  title: string;
  cell: (row: T) => ComponentChildren;
  isNumber?: boolean;
  isWide?: boolean;
  /** By which its rows can be sorted. */
  by?: (row: T) => number | string;
}

interface TableProps<T extends { key: string }> {
  label: string;
  columns: readonly ShownColumn<T>[];
  rows: readonly T[];
  /** Said where there are none. */
  empty: string;
  head?: (column: ShownColumn<T>) => ComponentChildren;
  sorted?: (column: ShownColumn<T>) => 'ascending' | 'descending' | undefined;
}

/** A table that can be scrolled with the keyboard where it does not fit. */
export function Table<T extends { key: string }>({
  label,
  columns,
  rows,
  empty,
  head,
  sorted,
}: TableProps<T>): JSX.Element {
  if (rows.length === 0) return <p class="empty">{empty}</p>;
  return (
    <div class="scroll" role="region" aria-label={label} tabIndex={0}>
      <table>
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column.title} scope="col" class={classOf(column)} {...ariaSort(sorted?.(column))}>
                {head ? head(column) : column.title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.key}>
              {columns.map((column) => (
                <td key={column.title} class={classOf(column)}>
                  {column.cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

const ariaSort = (way: 'ascending' | 'descending' | undefined): { 'aria-sort'?: 'ascending' | 'descending' } =>
  way ? { 'aria-sort': way } : {};

const classOf = ({ isNumber, isWide }: { isNumber?: boolean; isWide?: boolean }): string =>
  [isNumber && 'number', isWide && 'wide'].filter(Boolean).join(' ');

const FACES: Record<Tone, string> = {
  good: '<circle cx="16" cy="16" r="14" fill="#15803d"/><path d="M9 16l5 5 9-10" stroke="#fff" stroke-width="4" fill="none"/>',
  warn: '<path d="M16 2l15 28H1z" fill="#d97706"/><path d="M16 12v9M16 24v3" stroke="#fff" stroke-width="4"/>',
  bad: '<rect x="2" y="2" width="28" height="28" rx="4" fill="#b91c1c"/><path d="M9 9l14 14M23 9L9 23" stroke="#fff" stroke-width="4"/>',
  plain: '<circle cx="16" cy="16" r="13" fill="none" stroke="#777" stroke-width="4"/>',
};

/** The tab says how it is, too: by its shape, not by its colour alone. */
export function showInTab(tone: Tone, title: string): void {
  if (document.title !== title) document.title = title;
  const icon = document.querySelector<HTMLLinkElement>('link[rel=icon]');
  const href = `data:image/svg+xml,${encodeURIComponent(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">${FACES[tone]}</svg>`)}`;
  if (icon && icon.href !== href) icon.href = href;
}
