import type { JSX } from 'preact';
import { counted, duration, wholeSeconds } from '#libs/core';
import { HEALTH_SAYS } from '../words/health.js';
import type { Happening, Health, Page, ProcessRow, Tone } from '../words/page.js';
import { Badge, Clock, Section } from './parts.js';

const SHORT: Record<Health, string> = { well: 'Well', impaired: 'Not well', down: 'Not ready' };

export const HEALTH_TONE: Record<Health, Tone> = { well: 'good', impaired: 'warn', down: 'bad' };

/** At one look: healthy or not, since when and why, and what happened in the last hour. */
export function Summary({ page, now }: { page: Page; now: number }): JSX.Element {
  const { verdict, hour } = page;
  return (
    <div class={`verdict ${HEALTH_TONE[verdict.health]}`}>
      <div role="status">
        <p class="says">
          {HEALTH_SAYS[verdict.health]}
          <span class="since">
            {' '}
            since <Clock at={verdict.sinceAt} />
          </span>
        </p>
        {verdict.reasons.length > 0 && (
          <ul class="reasons">
            {verdict.reasons.map(({ what, why }) => (
              <li key={what}>
                <strong>{what}:</strong> {why}
              </li>
            ))}
          </ul>
        )}
      </div>
      <p class="hour">{hour.says}</p>
      <p class="for">
        {SHORT[verdict.health]} for {wholeSeconds(now - verdict.sinceAt)}
      </p>
    </div>
  );
}

/** All processes on the bus; each can be looked at from here. */
export function Processes({ page, own, now }: { page: Page; own: string; now: number }): JSX.Element | null {
  if (page.processes.length < 2) return null;
  return (
    <Section id="processes" title="Processes on this bus">
      <ul class="processes">
        {page.processes.map((one) => (
          <li key={one.key}>
            <ProcessCard one={one} isShown={one.id === page.identity.id} isOwn={one.id === own} now={now} />
          </li>
        ))}
      </ul>
    </Section>
  );
}

function ProcessCard({
  one,
  isShown,
  isOwn,
  now,
}: {
  one: ProcessRow;
  isShown: boolean;
  isOwn: boolean;
  now: number;
}): JSX.Element {
  const lost = one.hearing === 'silent' || one.hearing === 'gone';
  return (
    <a
      class={`process ${lost ? 'bad' : HEALTH_TONE[one.health]}`}
      href={isOwn ? '#' : `#${one.id}`}
      aria-current={isShown ? 'page' : undefined}
    >
      <span class="name">
        <strong>{one.role}</strong> {one.host} <span class="id">{one.id.slice(0, 4)}</span>
        {one.lead && <span class="lead"> · {one.lead}</span>}
      </span>
      <span class="how">{lost ? lostWords(one, now) : healthWords(one)}</span>
      <span class="load">
        {one.live} of {counted(one.streams, 'stream')} well
        {one.clients === null ? '' : `, ${counted(one.clients, 'client')}`} · {one.version}
      </span>
      <span class="hour">{one.says}</span>
    </a>
  );
}

const lostWords = ({ hearing, heardAt }: ProcessRow, now: number): string =>
  hearing === 'gone'
    ? 'ended in order'
    : `not heard for ${wholeSeconds(now - heardAt)}: it died, or the bus does not carry what it says`;

const healthWords = ({ health, reasons }: ProcessRow): string =>
  [HEALTH_SAYS[health], ...reasons.map(({ what, why }) => `${what}: ${why}`)].join('. ');

const SHOWN_FIRST = 12;

/** What happened, the newest first. */
export function Happenings({
  happenings,
  forMs,
  limit,
  more,
}: {
  happenings: readonly Happening[];
  forMs: number;
  limit: boolean;
  more: () => void;
}): JSX.Element {
  const shown = limit ? happenings.slice(0, SHOWN_FIRST) : happenings;
  return (
    <Section id="happenings" title="What happened">
      {happenings.length === 0 && <p class="empty">Nothing, for {duration(forMs)}.</p>}
      <ol class="happenings">
        {shown.map((one) => (
          <li key={one.key} class={one.tone}>
            <Clock at={one.at} />
            <div>
              <p class="what">{one.what}</p>
              <p class="more">{one.more.join(' · ')}</p>
            </div>
          </li>
        ))}
      </ol>
      {shown.length < happenings.length && (
        <button type="button" onClick={more}>
          Show all {happenings.length}
        </button>
      )}
    </Section>
  );
}

export const Silence = ({ words }: { words: string }): JSX.Element => (
  <p class="silence" role="alert">
    <Badge tone="bad">not live</Badge> {words}
  </p>
);
