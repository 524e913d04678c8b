import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { wholeSeconds } from '#libs/core';
import type { Page, Tone } from '../words/page.js';
import { Clients } from './clients.js';
import { Commands } from './commands.js';
import { Connections } from './connections.js';
import { Details } from './details.js';
import type { PageFeedState, PageHearing } from './feed.js';
import { Limits } from './limits.js';
import { Plots } from './plots.js';
import { Streams } from './streams.js';
import { HEALTH_TONE, Happenings, Processes, Silence, Summary } from './summary.js';
import { Clock, showInTab } from './parts.js';

/** So long nothing may come before the page says so: it is told something each second. */
const QUIET_MS = 6_000;

export function App({ state }: { state: PageFeedState }): JSX.Element {
  const { page, own, now, hour } = state;
  const silence = silenceOf(state);
  const [isShort, setShort] = useState(true);
  const tone = page && !silence ? worstOf(page) : 'plain';
  showInTab(tone, titleOf(page, tone));
  if (!page)
    return (
      <main>
        <h1>Holdfast</h1>
        <p>{silence ?? 'Connecting …'}</p>
      </main>
    );
  return (
    <>
      <Top page={page} state={state} />
      <main>
        {silence && <Silence words={silence} />}
        <Summary page={page} now={now} />
        <Processes page={page} own={own} now={now} />
        <Happenings happenings={page.happenings} forMs={page.hour.forMs} limit={isShort} more={() => setShort(false)} />
        <Connections page={page} now={now} />
        <Streams rows={page.streams} now={now} />
        <Clients page={page} now={now} />
        <Limits page={page} now={now} />
        <Plots hour={hour} />
        <Details page={page} />
        <Commands page={page} isOwn={own === page.identity.id} />
      </main>
    </>
  );
}

function Top({ page, state }: { page: Page; state: PageFeedState }): JSX.Element {
  const { role, host, version, commit, startedAt, pid, lead, leadSinceAt, epoch } = page.identity;
  return (
    <header>
      <h1>Holdfast</h1>
      <p class="identity">
        <strong>{role}</strong>
        {lead && (
          <>
            {' '}
            ({lead} since <Clock at={leadSinceAt} />)
          </>
        )}{' '}
        on {host} · {version}{' '}
        <span class="wide">
          ({commit.slice(0, 8)}) · pid {pid}
        </span>{' '}
        · up {wholeSeconds(state.now - startedAt)}
        {epoch !== null && <span class="wide"> · term {epoch}</span>}
      </p>
      <nav aria-label="This page">
        <CopyButton state={state} />
        <a href="./page.json">JSON</a>
        <a href="./metrics">Metrics</a>
      </nav>
    </header>
  );
}

function CopyButton({ state }: { state: PageFeedState }): JSX.Element {
  const [said, say] = useState('');
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(JSON.stringify({ page: state.page, hour: state.hour }, null, 2));
      say('Copied');
    } catch {
      // Only pages of this machine or over TLS may write there.
      say('Not allowed here: use the link');
    }
  };
  return (
    <>
      <button type="button" onClick={() => void copy()}>
        Copy as JSON
      </button>
      <span role="status" class="copied">
        {said}
      </span>
    </>
  );
}

const WHY: Record<PageHearing, string | undefined> = {
  connecting: undefined,
  live: undefined,
  lost: 'Nothing is heard from the gateway. What is shown is how it was; the browser tries again.',
  unanswered: 'That process does not answer.',
};

function silenceOf({ hearing, quietMs }: PageFeedState): string | undefined {
  if (hearing === 'live' && quietMs < QUIET_MS) return undefined;
  const why = WHY[hearing] ?? (quietMs < QUIET_MS ? undefined : WHY.lost);
  return why && `${why} Heard last ${wholeSeconds(quietMs)} ago.`;
}

/** The tab tells of the worst of what the page shows. */
function worstOf({ verdict, processes }: Page): Tone {
  const tones = processes.map(({ hearing, health }) =>
    hearing === 'silent' ? 'bad' : hearing === 'gone' ? 'plain' : HEALTH_TONE[health],
  );
  const all = new Set([HEALTH_TONE[verdict.health], ...tones]);
  return (['bad', 'warn'] as const).find((tone) => all.has(tone)) ?? 'good';
}

const MARK: Record<Tone, string> = { good: '✓', warn: '⚠', bad: '✗', plain: '…' };
const TITLE: Record<Tone, string> = { good: 'well', warn: 'impaired', bad: 'down', plain: 'not live' };

const titleOf = (page: Page | undefined, tone: Tone): string =>
  page ? `${MARK[tone]} ${TITLE[tone]} – Holdfast ${page.identity.role} on ${page.identity.host}` : 'Holdfast';
