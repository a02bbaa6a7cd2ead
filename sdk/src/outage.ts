import type { Cancel, Clock } from './clock';
import type { Fire } from './local';
import type { Rules } from './presence';

/** The two ways between a member and the server, each of which may break alone (L4). */
export type Way = 'signal' | 'media';

/**
 * What the application is told of broken ways: onConnectionLost by the first, onTryToReconnect at the room's pace,
 * onConnectionRecovery once none is broken. How often the SDK really tries is none of its business.
 */
export class Outage {
  private readonly broken = new Set<Way>();
  private cancel: Cancel = () => {};

  constructor(
    private readonly clock: Clock,
    private readonly fire: Fire,
  ) {}

  /** A way broke. */
  begin(way: Way, rules: Rules): void {
    const news = this.broken.size === 0;
    this.broken.add(way);
    if (!news) return;
    this.fire('onConnectionLost');
    if (rules.tryAfterMs === 0) this.try(rules);
    else this.cancel = this.clock.after(rules.tryAfterMs, () => this.try(rules));
  }

  /** It holds again. */
  end(way: Way): void {
    if (!this.broken.delete(way) || this.broken.size > 0) return;
    this.cancel();
    this.fire('onConnectionRecovery');
  }

  private try(rules: Rules): void {
    this.fire('onTryToReconnect');
    this.cancel = this.clock.after(rules.tryEveryMs, () => this.try(rules));
  }
}
