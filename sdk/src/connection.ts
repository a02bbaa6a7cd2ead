import type { MessageInitShape } from '@bufbuild/protobuf';
import type { Clock } from './clock';
import { log } from './log';
import { hasMedia, Media } from './media';
import { type Saying, Signal } from './signal';
import type {
  Answer,
  Entered,
  EnterSchema,
  Exited,
  Refused,
  ServerFrame,
  SlotsNeeded,
  Stream,
} from './wire/exeunt/v1/signal_pb';

/** An Enter frame but for its offer. */
export type Entry = MessageInitShape<typeof EnterSchema>;

/** What a connection tells; the last four end it, and nothing comes after them. */
export interface ConnectionEvents {
  entered(entered: Entered): void;
  /** Any frame that is no business of the connection itself. */
  frame(frame: ServerFrame): void;
  refused(refused: Refused): void;
  exited(exited: Exited): void;
  /** The server closed without a last word; 1006 when the network did. */
  closed(code: number, text: string): void;
  /** Silence, or media that cannot get through. */
  lost(why: string): void;
}

type Slots = Pick<SlotsNeeded, 'audio' | 'video'>;

const noSlots: Slots = { audio: 0, video: 0 };

// Longer than a handshake over a bad mobile network takes, shorter than a person waits.
const answerMs = 6_000;
// Heartbeats whose answers may be missing. The server is as patient, so both sides agree about who is gone.
const patience = 3;
const shortestSilenceMs = 3_000;
const defaultHeartbeatMs = 1_000;

/** One attempt to be in a room, and, when it succeeds, the socket and the peer connection of the session. */
export class Connection {
  private readonly media: Media | null;
  private readonly signal: Signal;
  // Null once it is over, by whichever side: whatever still arrives is not heard (D7, D12).
  private on: ConnectionEvents | null;
  private stopTimer: () => void;
  private heardAt = Date.now();
  private gone: (() => void) | undefined;
  private offers = 0;
  private wanted: Slots = noSlots;
  // What the offer on its way adds; null when none is.
  private adding: Slots | null = null;

  /** Opens socket and offer side by side, and asks to be let in. Throws when the page may not open the address. */
  constructor(
    url: string,
    entry: Entry,
    private readonly clock: Clock,
    on: ConnectionEvents,
  ) {
    this.on = on;
    this.media = hasMedia() ? new Media(() => this.lose('media failed')) : null;
    const offer = this.media?.offer() ?? Promise.resolve('');
    offer.catch(() => this.lose('no offer'));
    this.stopTimer = clock.after(answerMs, () => this.lose('no answer'));
    try {
      this.signal = new Signal(url, {
        opened: () =>
          void offer.then(
            (sdp) => this.say({ case: 'enter', value: { ...entry, offer: sdp } }),
            () => {},
          ),
        frame: (frame) => this.hear(frame),
        closed: (code, text) => this.over((heard) => heard.closed(code, text)),
      });
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** Sends a frame, if the connection still stands. */
  say(frame: Saying): boolean {
    return this.on !== null && this.signal.say(frame);
  }

  /** Puts a track on a send line, or nothing for a muted picture, and says so. */
  publish(stream: Stream, track: MediaStreamTrack | null, muted: boolean): void {
    void this.media?.carry(stream, track).catch((error) => log.error('publish', error));
    this.say({ case: 'publish', value: { stream, mid: this.media?.lineOf(stream) ?? '', muted } });
  }

  /** Takes the track off a send line, and says so. */
  unpublish(stream: Stream): void {
    // The line may be closed already; then there is nothing to take off.
    void this.media?.carry(stream, null).catch(() => {});
    this.say({ case: 'unpublish', value: { stream } });
  }

  /** The peer connection; null where there is no WebRTC. */
  get lines(): Media | null {
    return this.media;
  }

  /**
   * Stops media at once and says goodbye. Resolves when the server has said its last word or closed; that may be never,
   * so whoever waits brings a bound, and calls `close` after it.
   */
  leave(): Promise<void> {
    this.stopTimer();
    this.media?.close();
    const heard = this.on;
    if (!heard || !this.signal.say({ case: 'exit', value: {} })) {
      this.close();
      return Promise.resolve();
    }
    return new Promise((resolve) => {
      this.gone = resolve;
    });
  }

  /** Ends it without a word. */
  close(): void {
    this.on = null;
    this.stopTimer();
    this.signal?.close();
    this.media?.close();
    this.gone?.();
  }

  private hear(frame: ServerFrame): void {
    this.heardAt = Date.now();
    const { frame: said } = frame;
    if (said.case === 'exited') this.over((heard) => heard.exited(said.value));
    else if (this.gone || said.case === 'heartbeatAck') return;
    else if (said.case === 'refused') this.over((heard) => heard.refused(said.value));
    else if (said.case === 'entered') this.settle(said.value);
    else if (said.case === 'answer') this.takeAnswer(said.value);
    else if (said.case === 'slotsNeeded') this.grow(said.value);
    else this.on?.frame(frame);
  }

  private settle(entered: Entered): void {
    this.stopTimer();
    const pace = entered.heartbeatMs || defaultHeartbeatMs;
    this.stopTimer = this.clock.every(pace, this.heartbeat(pace));
    this.accept(entered.answer);
    this.on?.entered(entered);
  }

  private heartbeat(pace: number): () => void {
    let n = 0;
    let lastBeat = Date.now();
    return () => {
      const now = Date.now();
      // The machine slept, or the page was frozen: the silence is ours, so the server gets its chance first (E6).
      if (now - lastBeat > patience * pace) this.heardAt = now;
      lastBeat = now;
      if (now - this.heardAt > Math.max(patience * pace, shortestSilenceMs)) this.lose('silence');
      else this.say({ case: 'heartbeat', value: { n: ++n } });
    };
  }

  private accept(sdp: string): void {
    if (this.media && sdp) void this.media.accept(sdp).catch((error) => this.lose(`answer: ${error}`));
  }

  // One offer at a time: a need that arrives meanwhile waits for the answer.
  private grow(needed: Slots): void {
    this.wanted = needed;
    if (!this.adding) this.reoffer();
  }

  private reoffer(): void {
    const { media, wanted } = this;
    this.wanted = noSlots;
    if (wanted.audio + wanted.video === 0 || !media?.addSlots(wanted.audio, wanted.video)) return;
    const id = ++this.offers;
    this.adding = wanted;
    void media.offer().then(
      (sdp) => this.say({ case: 'offer', value: { id, sdp } }),
      (error) => this.lose(`offer: ${error}`),
    );
  }

  private takeAnswer(answer: Answer): void {
    if (answer.id !== this.offers) return;
    // A need that was told meanwhile counts the slots that are there now.
    const { audio, video } = this.adding ?? noSlots;
    this.adding = null;
    this.wanted = { audio: Math.max(0, this.wanted.audio - audio), video: Math.max(0, this.wanted.video - video) };
    this.accept(answer.sdp);
    this.reoffer();
  }

  private lose(why: string): void {
    this.over((heard) => heard.lost(why));
  }

  private over(tell: (heard: ConnectionEvents) => void): void {
    const heard = this.on;
    this.close();
    if (heard && !this.gone) tell(heard);
  }
}
