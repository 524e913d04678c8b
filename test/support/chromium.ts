import { existsSync } from 'node:fs';

const PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** Where Chromium is; says so in the output where there is none, and what needs it is left out. */
export function findChromium(): string | undefined {
  const found = PLACES.find((place) => existsSync(place));
  if (!found) process.stderr.write('No Chromium here (Debian: apt-get install chromium): what needs it is left out.\n');
  return found;
}
