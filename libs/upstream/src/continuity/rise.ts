/**
 * The order of state streams: each event must be above the one before, by `major` first, then by `mark`. Holes mean
 * nothing. Whichever line says something first is passed on, the other's repetition is not.
 */
export class Rise {
  private major = -Infinity;
  private mark = -Infinity;

  /** Whether the event is news; if so it is the newest from now on. */
  accept(major: number, mark: number): boolean {
    if (major < this.major || (major === this.major && mark <= this.mark)) return false;
    this.major = major;
    this.mark = mark;
    return true;
  }
}
