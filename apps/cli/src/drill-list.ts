import { DRILLS } from '#libs/course';
import { listIncidents } from '#libs/simulator';
import { tableOf } from '#libs/terminal';
import { say, width } from './output.js';

interface Named {
  name: string;
  says: string;
}

/** Prints every drill with its sentence, then the incidents of the simulator, each of which is a drill too. */
export function listDrills(): void {
  const name = ({ name }: Named): string => name;
  const happens = { title: 'what happens', cell: ({ says }: Named) => says };
  for (const line of tableOf([{ title: 'drill', cell: name }, happens], DRILLS, width())) say(line);
  say('');
  for (const line of tableOf([{ title: 'incident', cell: name }, happens], listIncidents(), width())) say(line);
  say('\nholdfast drill NAME runs one.');
}
