import { Channel, type Member } from './channel.js';
import { type Recipe, readStreamName } from './recipe.js';

/** Streams whose frames come with the beat, not with what happens. */
const PERIODIC: ReadonlySet<Recipe['kind']> = new Set([
  'kline',
  'miniTicker',
  'ticker',
  'rollingTicker',
  'avgPrice',
  'referencePrice',
  'partialDepth',
  'miniTickers',
  'rollingTickers',
]);

/** Every stream that somebody is subscribed to, or that an incident holds. */
export class StreamChannels {
  private readonly byName = new Map<string, Channel>();
  /** The periodic ones among them. */
  readonly periodic = new Set<Channel>();

  find(name: string): Channel | undefined {
    return this.byName.get(name);
  }

  get all(): Iterable<Channel> {
    return this.byName.values();
  }

  /** The channel of this name, made if need be. */
  open(name: string): Channel {
    let channel = this.byName.get(name);
    if (!channel) {
      channel = new Channel(name, readStreamName(name));
      this.byName.set(name, channel);
      if (channel.recipe && PERIODIC.has(channel.recipe.kind)) this.periodic.add(channel);
    }
    return channel;
  }

  /** Puts the member on the channel; gives back the channel's own copy of the name, so that thousands of members share it. */
  join(name: string, member: Member): string {
    const channel = this.open(name);
    channel.members.add(member);
    return channel.name;
  }

  /** Takes the member off; a channel that nobody is on and no incident holds is forgotten. */
  leave(name: string, member: Member): void {
    const channel = this.byName.get(name);
    if (!channel) return;
    channel.members.delete(member);
    if (channel.members.size > 0 || channel.disturbance.isMuted || channel.disturbance.drop > 0) return;
    this.byName.delete(name);
    this.periodic.delete(channel);
  }
}
