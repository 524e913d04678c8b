import type { Topic } from '#libs/core';
import type { Marks } from '../ports/marks.js';

/** Marks of one process: they last as long as it does. */
export class MemoryMarks implements Marks {
  private readonly byKey = new Map<Topic, Map<string, string>>();

  write(key: Topic, marks: ReadonlyMap<string, string>): Promise<void> {
    const kept = this.byKey.get(key) ?? new Map<string, string>();
    this.byKey.set(key, kept);
    for (const [name, mark] of marks) kept.set(name, mark);
    return Promise.resolve();
  }

  read(key: Topic): Promise<ReadonlyMap<string, string>> {
    return Promise.resolve(new Map(this.byKey.get(key)));
  }

  forget(key: Topic, names: readonly string[]): Promise<void> {
    for (const name of names) this.byKey.get(key)?.delete(name);
    return Promise.resolve();
  }

  /** Nothing is ever on its way. */
  abandon(): void {
    return undefined;
  }
}
