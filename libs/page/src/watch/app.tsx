import type { JSX } from 'preact';
import { count, counted } from '#libs/core';
import { sayConnection } from '../seen/connection.js';
import { MOST_WATCHED, withMore } from '../seen/names.js';
import { Badge, showInTab } from '../view/parts.js';
import type { Tone } from '../words/page.js';
import { Card } from './card.js';
import { Door, Lost } from './door.js';
import { Picker } from './picker.js';
import type { WatchState } from './page-watch.js';

/** What a person can do on the page. */
export interface Acts {
  /** Watches these, and no others. */
  watch: (names: readonly string[]) => void;
  identify: (token: string | undefined) => void;
  pause: (isPaused: boolean) => void;
}

export function App({ state, acts }: { state: WatchState; acts: Acts }): JSX.Element {
  const { streams, connection, refusal, now } = state;
  const names = streams.map(({ shown }) => shown.name);
  const tone = toneOf(state);
  showInTab(tone, titleOf(state, tone));
  return (
    <>
      <Top state={state} acts={acts} />
      <main>
        {refusal ? (
          <Door refusal={refusal} hasToken={state.hasToken} identify={acts.identify} />
        ) : (
          <Lost connection={connection} now={now} />
        )}
        <Picker
          add={(more) => acts.watch(withMore(names, more))}
          isFull={names.length >= MOST_WATCHED}
          isPaused={state.isPaused}
          pause={acts.pause}
        />
        {streams.length === 0 && <p class="empty">Nothing is watched: pick a stream above.</p>}
        <div class="cards">
          {streams.map((stream) => (
            <Card
              key={stream.shown.name}
              stream={stream}
              now={now}
              close={() => acts.watch(names.filter((name) => name !== stream.shown.name))}
            />
          ))}
        </div>
      </main>
    </>
  );
}

function Top({
  state: { connection, refusal, streams, hasToken, now },
  acts,
}: {
  state: WatchState;
  acts: Acts;
}): JSX.Element {
  const { tone, word, says } = refusal
    ? ({ tone: 'bad', word: 'not let in', says: '' } as const)
    : sayConnection(connection, now);
  const rate = streams.reduce((sum, { shown: { perSecond = 0 } }) => sum + perSecond, 0);
  return (
    <header>
      <h1>Holdfast</h1>
      <p class="identity">
        <span role="status">
          <Badge tone={tone}>{word}</Badge>
        </span>{' '}
        to {location.host} {says}
      </p>
      <p class="identity">
        {liveOf(streams)} of {counted(streams.length, 'stream')} live · {count(Math.round(rate))} events/s
      </p>
      {hasToken && (
        <nav aria-label="This page">
          <button type="button" onClick={() => acts.identify(undefined)}>
            Forget the token
          </button>
        </nav>
      )}
    </header>
  );
}

function toneOf({ connection, refusal, streams }: WatchState): Tone {
  if (refusal || connection.state === 'lost' || connection.state === 'closed') return 'bad';
  if (connection.state !== 'open') return 'plain';
  return liveOf(streams) === streams.length ? 'good' : 'warn';
}

const liveOf = (streams: WatchState['streams']): number =>
  streams.filter(({ shown }) => shown.state?.state === 'live').length;

const MARK: Record<Tone, string> = { good: '✓', warn: '⚠', bad: '✗', plain: '…' };

function titleOf({ connection, refusal, streams }: WatchState, tone: Tone): string {
  const how =
    refusal || connection.state === 'closed'
      ? 'not let in'
      : connection.state === 'lost'
        ? 'gateway lost'
        : `${liveOf(streams)} of ${streams.length} live`;
  return `${MARK[tone]} ${how} – Holdfast: watch streams`;
}
