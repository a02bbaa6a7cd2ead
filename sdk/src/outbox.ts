import { create, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import type { Cancel, Clock } from './clock';
import type { Saying } from './signal';
import { ClientFrameSchema, type SendMessageSchema } from './wire/exeunt/v1/signal_pb';

/** What a member says to the others. */
export type Message = MessageInitShape<typeof SendMessageSchema>;

type Numbered = Message & { number: number };

// So many messages are kept that the server has not acknowledged, some seconds of what a room allows; of more the
// oldest are not said again.
const mostKept = 128;
// A channel that owes an answer for so long counts as broken: the socket may be well.
const answerMs = 2_000;

/** The frame of a message. */
export function framed(message: Message): Saying {
  return { case: 'sendMessage', value: message };
}

/** The bytes of a frame. */
export function encoded(frame: Saying): Uint8Array<ArrayBuffer> {
  return toBinary(ClientFrameSchema, create(ClientFrameSchema, { frame }));
}

/**
 * Keeps what was said reliably until the server has heard it. A way that breaks may have swallowed what was under way,
 * so the next one begins with all that was not acknowledged; the server tells each once, by its number.
 */
export class Outbox {
  private channel: RTCDataChannel | undefined;
  private last = 0;
  private kept: Numbered[] = [];
  // By which way the first `said` of the kept went.
  private way: RTCDataChannel | 'socket' | null = null;
  private said = 0;
  // A channel that owed an answer for too long.
  private mute: RTCDataChannel | undefined;
  private look: Cancel | undefined;

  /** `say` sends over the socket; false while there is none. */
  constructor(
    private readonly clock: Clock,
    private readonly say: (frame: Saying) => boolean,
  ) {}

  /** Sends a message by the best way that there is; false where there is none, and then it is not said later either. */
  post(message: Message): boolean {
    this.kept.push({ ...message, number: ++this.last });
    if (this.kept.length > mostKept) this.drop(1);
    if (this.forward()) return true;
    this.kept.pop();
    return false;
  }

  /** Says by the present way what another one may not have brought; false where there is none. */
  forward(): boolean {
    const channel = this.open();
    const way = channel ?? 'socket';
    if (way !== this.way) this.said = 0;
    this.way = way;
    for (let next = this.kept[this.said]; next; next = this.kept[this.said]) {
      if (channel) channel.send(encoded(framed(next)));
      else if (!this.say(framed(next))) return false;
      this.said++;
    }
    if (channel) this.watch(channel);
    return true;
  }

  /** The server has heard everything up to this number. */
  acknowledge(number: number): void {
    this.drop(this.kept.filter((message) => message.number <= number).length);
  }

  /** There is another channel, or none any more. */
  use(channel: RTCDataChannel | undefined): void {
    this.channel = channel;
    if (!channel) return;
    channel.onopen = () => void this.forward();
    channel.onclose = () => void this.forward();
  }

  /** The socket is gone, and whatever was under way with it may be. */
  lost(): void {
    if (this.way === 'socket') this.way = null;
  }

  /** What a goodbye over the socket has to take along. */
  rest(): Saying[] {
    return this.kept.slice(this.way === 'socket' ? this.said : 0).map(framed);
  }

  private open(): RTCDataChannel | undefined {
    const { channel } = this;
    return channel?.readyState === 'open' && channel !== this.mute ? channel : undefined;
  }

  private drop(count: number): void {
    this.kept.splice(0, count);
    this.said = Math.max(0, this.said - count);
  }

  // Has a look at the channel when the oldest message should have been answered.
  private watch(channel: RTCDataChannel): void {
    const [oldest] = this.kept;
    if (this.look || !oldest) return;
    this.look = this.clock.after(answerMs, () => {
      this.look = undefined;
      if (this.kept[0] === oldest) this.mute = channel;
      this.forward();
    });
  }
}
