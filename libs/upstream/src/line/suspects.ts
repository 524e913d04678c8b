import type { StreamName } from '#libs/core';

/** Names of refused requests, halved until the one is found that is the reason. */
export class Suspects {
  private groups: StreamName[][] = [];

  /** A request with these names was refused. */
  split(names: readonly StreamName[]): void {
    const half = Math.ceil(names.length / 2);
    this.groups.unshift(names.slice(0, half), names.slice(half));
  }

  /** Of the names that are to be asked for, those to ask for together: a suspicious group while there is one, otherwise all. */
  among(names: StreamName[]): StreamName[] {
    for (let group = this.groups.shift(); group; group = this.groups.shift()) {
      const suspects = new Set(group);
      const found = names.filter((name) => suspects.has(name));
      if (found.length > 0) return found;
    }
    return names;
  }
}
