import { type Cancel, type Clock, type Moment, moment, since } from './clock';
import { log } from './log';
import { pauseBefore } from './signal';
import type { Transport } from './transport';

/** What the ladder tells. */
export interface Climb {
  /** No media gets through. */
  interrupted(): void;
  /** It does again. */
  mended(): void;
  /** Neither rung helped: only a new session may. */
  exhausted(): void;
}

// From the entry until media has to flow: ICE over UDP, then over TCP.
const firstMs = 10_000;
// How long the straight ways have before the one through TURN is tried beside them: three round trips around the world.
const straightMs = 2_000;
// Browsers say `disconnected` of a way that often comes back by itself.
const graceMs = 1_000;
// How long each rung has: an ICE restart, and a new peer connection with its new DTLS handshake.
const restartMs = 5_000;
const renewMs = 8_000;
const rungs = 3;
// A mend that holds so long was a good one; one that does not leads to the next rung.
const steadyMs = 30_000;

/**
 * Mends the way of media, also while signalling is fine (L4, E11): first an ICE restart, then a new peer connection,
 * then a new session in the same seat. Every rung has a deadline, and whoever climbs it again waits longer.
 */
export class Ladder {
  private footing: 'none' | 'waiting' | 'firm' | 'climbing' | 'pausing' = 'none';
  private climbed = 0;
  private firmAt: Moment = moment();
  private cancel: Cancel = () => {};
  private broken = false;

  constructor(
    private readonly clock: Clock,
    private readonly transport: Transport,
    private readonly on: Climb,
  ) {}

  /** A session began: media has its time to get through. */
  begin(): void {
    this.footing = 'waiting';
    if (this.state === 'connected') this.firm();
    else if (this.transport.untried) this.wait(straightMs, () => this.detour());
    else this.wait(firstMs);
  }

  /** The socket is lost: nothing can be offered. */
  halt(): void {
    this.footing = 'none';
    this.cancel();
  }

  /** The socket is back, and the server still has the transport. */
  resume(): void {
    if (this.state === 'disconnected' || this.state === 'failed') {
      this.climb();
      return;
    }
    this.begin();
    this.transport.resume();
  }

  /**
   * The socket is back, but the server has lost the transport. Only a new peer connection helps: Chromium names a
   * picture's layers (RFC 8852) until a receiver has reported on them, and never again, so another server would not
   * know what they are.
   */
  rebuild(): void {
    if (!this.transport.lines) return;
    // That is no mend of ours that did not hold, so it begins below.
    if (!this.broken) this.climbed = 0;
    if (this.climbed % rungs === 0) this.climbed++;
    this.climb();
  }

  /** The peer connection is in another state. */
  changed(state: RTCPeerConnectionState): void {
    if (state === 'connected' && this.footing !== 'none') this.firm();
    else if (this.footing === 'none') return;
    else if (state === 'failed') this.next();
    else if (state === 'disconnected' && this.footing === 'firm') this.wait(graceMs);
  }

  /** An offer or an answer came to nothing. */
  failed(why: string): void {
    log.warn(`media: ${why}`);
    if (this.footing !== 'none') this.next();
  }

  /** A new peer connection is wanted, though nothing is wrong with this one. */
  renew(): void {
    if (this.footing === 'none') return;
    this.footing = 'waiting';
    this.wait(renewMs);
    this.transport.renew();
  }

  /** There is another network: a way that is not firm is looked for anew at once. */
  hurry(): void {
    if (this.footing !== 'none' && this.state !== 'connected') this.climb();
  }

  private get state(): RTCPeerConnectionState | undefined {
    // Without WebRTC there is nothing to mend.
    return this.transport.lines ? this.transport.lines.state : 'connected';
  }

  private firm(): void {
    this.cancel();
    this.footing = 'firm';
    if (!this.broken) return;
    this.broken = false;
    this.firmAt = moment();
    this.on.mended();
  }

  private wait(ms: number, then = () => this.judge()): void {
    this.cancel();
    this.cancel = this.clock.after(ms, then);
  }

  // A browser looks for ways through TURN only when it begins anew. Nothing is broken yet, so nobody is told.
  private detour(): void {
    if (this.state === 'connected') {
      this.firm();
      return;
    }
    this.wait(firstMs - straightMs);
    this.transport.restart();
  }

  // A restart may leave the state as it was, so it is looked at, too, and not only waited for.
  private judge(): void {
    if (this.state === 'connected') this.firm();
    else this.climb();
  }

  // The first rung at once, any further one after a pause.
  private next(): void {
    if (this.climbed === 0 || !this.recent) this.climb();
    else if (this.footing !== 'pausing') this.pause();
  }

  private pause(): void {
    this.interrupt();
    this.footing = 'pausing';
    this.cancel();
    this.cancel = this.clock.after(pauseBefore(this.climbed - 1), () => this.climb());
  }

  private get recent(): boolean {
    return this.broken || since(this.firmAt) < steadyMs;
  }

  private interrupt(): void {
    if (this.broken) return;
    if (!this.recent) this.climbed = 0;
    this.broken = true;
    this.on.interrupted();
  }

  private climb(): void {
    this.cancel();
    this.interrupt();
    this.footing = 'climbing';
    const rung = this.climbed++ % rungs;
    if (rung === 0) {
      this.wait(restartMs);
      this.transport.restart();
    } else if (rung === 1) {
      this.wait(renewMs);
      this.transport.renew();
    } else {
      this.on.exhausted();
    }
  }
}
