import { type Watcher, summarize } from '#libs/drill';

/** Everything that one client saw wrong of each stream, in words; a disconnect among it. */
export function faultsByStream(watcher: Watcher): string[] {
  const { streams, wrongs } = summarize([watcher]);
  const ofStreams = streams.flatMap(({ stream, missing, doubled, reordered, brokenPlaces }) => {
    const faults = Object.entries({ missing, doubled, reordered, brokenPlaces }).filter(([, count]) => count > 0);
    const words = faults.map(([what, count]) => `${count} ${what}`);
    return words.length === 0 ? [] : [`${watcher.name} (${watcher.protocol}), ${stream}: ${words.join(', ')}`];
  });
  return [
    ...ofStreams,
    ...wrongs,
    ...(watcher.lost === undefined ? [] : [`${watcher.name} was disconnected: ${watcher.lost}`]),
  ];
}
