import type { Clock } from './clock';
import { TXLiteAVError } from './errors';
import type { Fire } from './local';
import type { Roster } from './roster';
import type { Said } from './wire/exeunt/v1/signal_pb';

// TRTC's: what was missed is told together.
const everyMs = 5_000;

type Counted = Pick<Said, 'userId' | 'cmdId' | 'reliable'>;

interface Count {
  readonly user: string;
  readonly cmd: number;
  heard: number;
  missed: number;
}

/**
 * Which reliable messages of the others did not arrive: onMissCustomCmdMsg. The server says none again that was sent
 * while the connection was lost, but it counts them.
 */
export class Missed {
  private readonly counts = new Map<string, Count>();
  // What the server has counted by the last return. It is compared only when all that was heard before it is told,
  // also who has left meanwhile and counts from one again.
  private counted: Counted[] = [];
  private state: 'new' | 'idle' | 'waiting' = 'new';

  constructor(
    private readonly clock: Clock,
    private readonly fire: Fire,
    private readonly roster: Roster,
  ) {}

  /** The stay begins, or goes on, and so many messages have been sent by now. */
  take(said: Counted[]): void {
    if (this.state === 'new') {
      this.state = 'idle';
      for (const { userId, cmdId, reliable } of said) this.count(userId, cmdId, reliable);
      return;
    }
    this.counted = said;
    if (said.length > 0) this.wait();
  }

  /** A message arrived; its number is 0 when it is not reliable. */
  hear({ userId, cmdId, reliable }: Counted): void {
    if (reliable === 0) return;
    // Of somebody who is not seen, as audience is not, nobody knows what was sent before.
    const count = this.count(userId, cmdId, this.roster.has(userId) ? 0 : reliable - 1);
    this.miss(count, reliable - count.heard - 1);
    count.heard = reliable;
  }

  /** Somebody left, and counts from one again. */
  forget(user: string): void {
    for (const [key, count] of this.counts) {
      if (count.user !== user) continue;
      // What was missed before is told all the same.
      if (count.missed > 0) this.tell(count);
      this.counts.delete(key);
    }
  }

  private count(user: string, cmd: number, heard: number): Count {
    const key = `${cmd} ${user}`;
    const count = this.counts.get(key) ?? { user, cmd, heard, missed: 0 };
    this.counts.set(key, count);
    return count;
  }

  // A number that is lower than the last one is that of a server that began to count anew.
  private miss(count: Count, more: number): void {
    if (more <= 0) return;
    count.missed += more;
    this.wait();
  }

  private wait(): void {
    if (this.state === 'waiting') return;
    this.state = 'waiting';
    this.clock.after(everyMs, () => this.report());
  }

  private report(): void {
    this.state = 'idle';
    for (const { userId, cmdId, reliable } of this.counted.splice(0)) {
      if (!this.roster.has(userId)) continue;
      const count = this.count(userId, cmdId, 0);
      count.missed += Math.max(0, reliable - count.heard);
      count.heard = Math.max(count.heard, reliable);
    }
    for (const count of this.counts.values()) if (count.missed > 0) this.tell(count);
  }

  private tell(count: Count): void {
    this.fire('onMissCustomCmdMsg', count.user, count.cmd, TXLiteAVError.ERR_FAILED, count.missed);
    count.missed = 0;
  }
}
