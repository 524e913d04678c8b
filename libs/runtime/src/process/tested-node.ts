import { EXIT } from '#libs/core';

/** What `engines` in package.json says: the tests run on it, and uWebSockets.js has a binary for it. */
const TESTED = 22;

/** Why a version of Node will not do, in one line; undefined when it will. See `tested-node.why.md`. */
export function nodeProblem(version: string): string | undefined {
  const [major] = version.replace(/^v/, '').split('.');
  if (Number(major) === TESTED) return undefined;
  return `Node.js ${version} is not one that Holdfast is tested with: expected ${TESTED}; npm start and the other npm scripts bring their own`;
}

/**
 * At import, and imported first: the parts that other versions cannot load (a binary of uWebSockets.js) would end the process
 * with a stack before any function of ours runs.
 */
const problem = nodeProblem(process.version);
if (problem !== undefined) {
  process.stderr.write(`${problem}\n`);
  process.exit(EXIT.config);
}
