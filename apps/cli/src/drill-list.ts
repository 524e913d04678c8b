import { DRILLS } from '#libs/course';
import { listIncidents } from '#libs/simulator';
import { bold, definitions } from '#libs/terminal';
import { say, width } from './output.js';

interface Named {
  name: string;
  says: string;
}

/** Prints every drill with its sentence, then the incidents of the simulator, each of which is a drill too. */
export function listDrills(): void {
  const pair = ({ name, says }: Named) => [name, says] as const;
  say(bold('Courses of incidents'));
  for (const line of definitions(DRILLS.map(pair), width())) say(line);
  say(bold('\nIncidents, each of which is a drill too'));
  for (const line of definitions(listIncidents().map(pair), width())) say(line);
  say('\nholdfast drill NAME runs one.');
}
