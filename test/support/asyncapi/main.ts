import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { asyncapiText } from './document.js';

/** `npm run asyncapi` writes the published contract; with `--check` it only says whether the file is current. */
const FILE = 'asyncapi.yaml';

const text = asyncapiText();
if (!process.argv.includes('--check')) {
  writeFileSync(FILE, text);
} else if (!existsSync(FILE) || readFileSync(FILE, 'utf8') !== text) {
  process.stderr.write(`${FILE} is not what the declarations say: run \`npm run asyncapi\` and commit it\n`);
  process.exitCode = 1;
}
