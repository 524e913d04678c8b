import { render } from 'preact';
import { App } from './app.js';
import { Feed, type PageFeedState } from './feed.js';

const root = document.getElementById('page');
if (!root) throw new Error('the page has no place');
root.replaceChildren();

const feed = new Feed(show);

/** Which process is looked at stands in the address, so that it can be sent to somebody. */
function chosen(): string {
  try {
    return decodeURIComponent(location.hash.slice(1));
  } catch {
    return ''; // Cut off or mistyped: this process is shown.
  }
}

function show(state: PageFeedState): void {
  if (root) render(<App state={state} />, root);
}

addEventListener('hashchange', () => feed.look(chosen()));
feed.look(chosen());
