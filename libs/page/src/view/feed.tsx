import { type PageChanges, withChanges } from '../model/changes.js';
import { type Columns, joined } from '../model/series.js';
import type { Page } from '../words/page.js';

/** How the page hears: `live`, or nothing for a while, and why. */
export type PageHearing = 'connecting' | 'live' | 'lost' | 'unanswered';

/** What is known now. */
export interface PageFeedState {
  hearing: PageHearing;
  /** Of the process whose port this is; whosever page is shown, commands go to it. */
  own: string;
  page: Page | undefined;
  hour: Columns;
  /** For so long the page has heard nothing. */
  quietMs: number;
  /** What the gateway's clock shows now, as far as can be told from here. */
  now: number;
}

const NO_HOUR: Columns = { at: [], series: {} };
const TICK_MS = 1_000;
const AGAIN_MS = 5_000;

/** The page of one process, live. It tells whenever something is another, and each second, since instants are shown as durations. */
export class Feed {
  private source: EventSource | undefined;
  private state: PageFeedState = {
    hearing: 'connecting',
    own: '',
    page: undefined,
    hour: NO_HOUR,
    quietMs: 0,
    now: Date.now(),
  };
  private closedAt = 0;
  private heardAt = Date.now();
  private of = '';

  constructor(private readonly tell: (state: PageFeedState) => void) {
    setInterval(() => this.tick(), TICK_MS);
  }

  /** Looks at another process; an empty name means the one that serves this page. */
  look(of: string): void {
    this.of = of;
    this.source?.close();
    this.state = { ...this.state, hearing: 'connecting', page: undefined, hour: NO_HOUR };
    this.open();
  }

  private open(): void {
    const source = new EventSource(`./page/events${this.of === '' ? '' : `?of=${encodeURIComponent(this.of)}`}`);
    this.source = source;
    const on = (name: string, take: (data: unknown) => Partial<PageFeedState>): void =>
      source.addEventListener(name, ({ data }: MessageEvent<string>) => this.heard(take(JSON.parse(data))));
    on('own', (own) => ({ own: (own as { id: string }).id }));
    on('page', (page) => ({ page: page as Page, hour: NO_HOUR }));
    on('changes', (changes) => (this.state.page ? { page: withChanges(this.state.page, changes as PageChanges) } : {}));
    on('samples', (news) => ({ hour: joined(this.state.hour, news as Columns) }));
    on('unanswered', () => ({ hearing: 'unanswered' }));
    source.addEventListener('error', () => {
      this.closedAt = Date.now();
      this.update({ hearing: 'lost' });
    });
  }

  private heard(news: Partial<PageFeedState>): void {
    this.heardAt = Date.now();
    this.update({ hearing: 'live', ...news });
  }

  private tick(): void {
    // A browser gives up where it is refused; we do not.
    if (this.source?.readyState === EventSource.CLOSED && Date.now() - this.closedAt > AGAIN_MS) this.open();
    this.update({});
  }

  private update(news: Partial<PageFeedState>): void {
    const state = { ...this.state, ...news };
    const quietMs = Date.now() - this.heardAt;
    this.state = { ...state, quietMs, now: state.page ? state.page.at + quietMs : Date.now() };
    this.tell(this.state);
  }
}
