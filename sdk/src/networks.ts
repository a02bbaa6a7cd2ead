import { type Moment, moment, since } from './clock';
import type { NetworkQuality } from './wire/exeunt/v1/signal_pb';

/** How the way between a member and the server was lately, as the server measured it. */
export interface Network {
  /** Per cent of what the member sent, before any repair; undefined when it sent nothing. */
  readonly uplinkLoss: number | undefined;
  /** Per cent of what the member was sent; undefined where nothing is known. */
  readonly downlinkLoss: number | undefined;
  /** Milliseconds from the server to the member and back; 0 where it is not known. */
  readonly rtt: number;
}

// The server speaks of them every two seconds; what it has not repeated for so long does not hold any more.
const staleMs = 6000;

/** The networks of the members, as the server said last. */
export class Networks {
  private all = new Map<string, Network>();
  private at: Moment = moment();

  /** Takes the server's word, which takes the place of the one before. */
  take({ members }: NetworkQuality): void {
    this.at = moment();
    this.all = new Map(
      members.map(({ userId, uplinkLossPermille, downlinkLossPermille, rttMs }) => [
        userId,
        { uplinkLoss: percent(uplinkLossPermille), downlinkLoss: percent(downlinkLossPermille), rtt: rttMs },
      ]),
    );
  }

  /** Those of whom anything is known now. */
  get users(): string[] {
    return this.stale ? [] : [...this.all.keys()];
  }

  /** The network of a user. */
  of(user: string): Network | undefined {
    return this.stale ? undefined : this.all.get(user);
  }

  private get stale(): boolean {
    return since(this.at) > staleMs;
  }
}

function percent(permille: number | undefined): number | undefined {
  return permille === undefined ? undefined : permille / 10;
}
