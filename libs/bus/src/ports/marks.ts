import type { Topic } from '#libs/core';

/**
 * Where each stream stood: texts by name, kept across restarts of this process. The bus does not know what they mean.
 * What is written and forgotten under one key happens in that order.
 */
export interface Marks {
  /**
   * Adds these marks, or replaces those of the same name. Resolves once they are kept and never rejects; it waits while
   * the bus is down, and is over without having kept them when the bus stops meanwhile.
   */
  write(key: Topic, marks: ReadonlyMap<string, string>): Promise<void>;

  /** All marks under the key, what this process has written before included. Waits as `Terms.next` does. */
  read(key: Topic): Promise<ReadonlyMap<string, string>>;

  /** Takes marks out again; those that are not there are fine. Resolves as `write` does. */
  forget(key: Topic, names: readonly string[]): Promise<void>;

  /** What has not been kept or taken out by now is not any more: it is somebody else's turn to write. */
  abandon(key: Topic): void;
}
