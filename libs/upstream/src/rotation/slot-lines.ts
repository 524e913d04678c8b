import type { StreamName } from '#libs/core';
import { Line, type LineIdentity, type LineOwner, type LineTools } from '../line/line.js';
import type { Goodbye, LineId } from './step.js';
import { CAUSES, GOODBYES } from './texts.js';

/** The lines of one slot that have not been let go: the active one, and its successor while there is one. */
export class SlotLines {
  private readonly lines = new Map<LineId, Line>();

  constructor(private readonly tools: LineTools) {}

  get all(): Line[] {
    return [...this.lines.values()];
  }

  get(id: LineId | undefined): Line | undefined {
    return id === undefined ? undefined : this.lines.get(id);
  }

  open(identity: LineIdentity, wanted: ReadonlySet<StreamName>, owner: LineOwner): void {
    const line = new Line(identity, wanted, this.tools, owner);
    this.lines.set(identity.generation, line);
    line.start();
  }

  retire(id: LineId, because: Goodbye): void {
    const line = this.lines.get(id);
    this.lines.delete(id);
    void line?.stop(CAUSES[because], GOODBYES[because]);
  }
}
