import type { ComponentChildren, JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { StreamState } from '#libs/client';
import { count, counted, perSecond as sayRate, wholeSeconds } from '#libs/core';
import type { StreamShown } from '../seen/stream-sight.js';
import { sayIds } from '../seen/id-count.js';
import { ladderOf } from '../seen/ladder.js';
import { toneOf } from '../seen/stream-story.js';
import { sayBookWhy, sayWhy } from '../seen/why.js';
import { Badge, Clock } from '../view/parts.js';
import { CandleChart } from './candle-chart.js';
import { LadderTable } from './ladder-table.js';
import type { WatchedStream } from './page-watch.js';

/** A stream: how it is, where it stands, what comes, and what befell it. */
export function Card({ stream, now, close }: { stream: WatchedStream; now: number; close: () => void }): JSX.Element {
  const { shown, book } = stream;
  const { name, state, candles, levels, newest } = shown;
  const title = `card-${name}`;
  const drawn = book?.ladder ?? (levels && ladderOf(levels, levels.bids.length));
  return (
    <section class="card" aria-labelledby={title}>
      <div class="card-head">
        <h2 id={title}>{name}</h2>
        <Badge tone={state ? toneOf(state) : 'plain'}>{state?.state ?? 'not asked yet'}</Badge>
        <button type="button" aria-label={`Watch ${name} no more`} title="Watch it no more" onClick={close}>
          ✕
        </button>
      </div>
      <p class="why">
        {state && (
          <>
            {sayWhy(state.why)}{' '}
            <span class="quiet">
              ({state.why}, told by {BY[state.by]}, for {wholeSeconds(now - state.since)})
            </span>
            {state.state !== 'live' && state.message !== undefined && ` – ${state.message}`}
          </>
        )}
      </p>
      <Facts stream={stream} />
      {book?.why !== undefined && <p class="why bad-words">Not the exchange’s newest book: {sayBookWhy(book.why)}.</p>}
      {drawn && <LadderTable label={`Book of ${name}`} ladder={drawn} />}
      {candles && <CandleChart label={name} columns={candles} />}
      {drawn || candles ? (
        <Folded says="Events as they come">
          <Events shown={shown} />
        </Folded>
      ) : (
        <Events shown={shown} />
      )}
      <h3>What happened</h3>
      <Happened shown={shown} />
      <Folded says="The newest event, as it came">
        <pre tabIndex={0}>{newest ? shortJson(newest) : 'none yet'}</pre>
      </Folded>
    </section>
  );
}

const BY: Record<StreamState['by'], string> = { upstream: 'the upstream', edge: 'the edge', client: 'this page' };

function Facts({
  stream: {
    shown: { events, perSecond, place, ids, filled, gaps },
    book,
  },
}: {
  stream: WatchedStream;
}): JSX.Element {
  const facts: [string, string, string?][] = [
    ['Events', `${count(events)}${perSecond === undefined ? '' : ` · ${sayRate(perSecond)}`}`],
    ['Place', place ? `epoch ${place.epoch}, seq ${count(place.seq)}` : 'none yet'],
    ...(ids ? [['Ids', sayIds(ids), ids.missing > gaps.ids ? 'bad-words' : ''] as [string, string, string]] : []),
    ...(book ? [['Update id', String(book.updateId)] as [string, string]] : []),
    [
      'Holes',
      `${counted(filled, 'event')} filled${filled > 0 ? ' (↺)' : ''} · ${saidGaps(gaps)}`,
      gaps.times > 0 ? 'bad-words' : '',
    ],
  ];
  return (
    <dl class="facts">
      {facts.map(([name, value, tone = '']) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd class={tone}>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

const saidGaps = ({ times, ids }: StreamShown['gaps']): string =>
  times === 0
    ? 'no gap announced'
    : `${counted(times, 'gap')} announced${ids > 0 ? `, ${counted(ids, 'id')} lost` : ''}`;

function Events({ shown: { name, heads, rows } }: { shown: StreamShown }): JSX.Element {
  if (rows.length === 0) return <p class="empty">Nothing has come yet.</p>;
  return (
    <div class="scroll events" role="region" aria-label={`Events of ${name}`} tabIndex={0}>
      <table>
        <thead>
          <tr>
            <th scope="col">Time</th>
            {heads.map((head, at) => (
              <th key={at} scope="col" class="number">
                {head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.key} class={`${row.side ?? ''}${row.isFilled ? ' filled' : ''}`}>
              <td class="instant">
                <Clock at={row.at} />
                {row.isFilled && (
                  <span role="img" aria-label="filled" title="It was missing, was fetched, and has come in its place">
                    ↺
                  </span>
                )}
              </td>
              {row.cells.map((cell, at) => (
                <td key={at} class="number">
                  {cell}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Happened({ shown: { name, happenings } }: { shown: StreamShown }): JSX.Element {
  if (happenings.length === 0) return <p class="empty">Nothing yet.</p>;
  return (
    <div class="happened" role="region" aria-label={`What happened to ${name}`} tabIndex={0}>
      <ol class="happenings">
        {happenings.map(({ key, at, tone, what }) => (
          <li key={key} class={tone}>
            <Clock at={at} />
            <p>{what}</p>
          </li>
        ))}
      </ol>
    </div>
  );
}

/** What is not to be drawn while nobody looks at it. */
function Folded({ says, children }: { says: string; children: ComponentChildren }): JSX.Element {
  const [isOpen, setOpen] = useState(false);
  return (
    <details onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
      <summary>{says}</summary>
      {isOpen && children}
    </details>
  );
}

const SHOWN_OF_LIST = 8;

const isList = (value: unknown): value is unknown[] => Array.isArray(value);

/** A book has thousands of levels. */
const shortJson = (value: unknown): string =>
  JSON.stringify(
    value,
    (_key, part: unknown) =>
      isList(part) && part.length > SHOWN_OF_LIST
        ? [...part.slice(0, SHOWN_OF_LIST), `… ${count(part.length - SHOWN_OF_LIST)} more`]
        : part,
    1,
  );
