/**
 * What is to be told once the present change of state is complete: foreign code may call back into the client, and must find
 * it whole. In order; at the end of the turn, or before the next event is told.
 */
export class Outbox {
  private readonly acts: (() => void)[] = [];
  private isDue = false;

  later(act: () => void): void {
    this.acts.push(act);
    if (this.isDue) return;
    this.isDue = true;
    queueMicrotask(() => {
      this.isDue = false;
      this.flush();
    });
  }

  flush(): void {
    for (let act = this.acts.shift(); act; act = this.acts.shift()) act();
  }
}
