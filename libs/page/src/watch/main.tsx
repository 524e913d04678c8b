import { render } from 'preact';
import { FIRST_SHOWN, hashOf, namesOfHash } from '../seen/names.js';
import { App } from './app.js';
import { type WatchState, PageWatch } from './page-watch.js';

const root = document.getElementById('page');
if (!root) throw new Error('the page has no place');
root.replaceChildren();

/** What is watched stands in the address, so that it can be sent to somebody, and what was watched before is one step back. */
const chosen = (): string[] => namesOfHash(location.hash) ?? [...FIRST_SHOWN];

const watcher = new PageWatch(show);

function show(state: WatchState): void {
  if (!root) return;
  const acts = {
    watch: (names: readonly string[]) => void (location.hash = hashOf(names)),
    identify: (token: string | undefined) => watcher.identify(token),
    pause: (isPaused: boolean) => watcher.pause(isPaused),
  };
  render(<App state={state} acts={acts} />, root);
}

addEventListener('hashchange', () => watcher.look(chosen()));
watcher.look(chosen());
