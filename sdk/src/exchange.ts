import type { Clock } from './clock';
import { type Climb, Ladder } from './ladder';
import type { Fire } from './local';
import { Mail } from './mail';
import { Publications } from './publish';
import { Receiver, type Stage, type Unasked } from './receive';
import type { Roster } from './roster';
import { Channel, type Received } from './sei/channel';
import type { Saying } from './signal';
import { Transport } from './transport';
import { Stream } from './wire/exeunt/v1/signal_pb';

/** What an exchange uses of the cloud. */
export interface Surroundings {
  stage: Stage;
  unasked: Unasked;
  fire: Fire;
  /** Messages inside the pictures are wanted from the beginning. */
  sei: boolean;
  /** Custom messages are wanted from the beginning. */
  messages: boolean;
}

/** All media of a stay: what is published, what is received, over which peer connection, and how that is mended. */
export class Exchange {
  /** The peer connection of now. */
  readonly transport: Transport;
  /** What arrives. */
  readonly receiver: Receiver;
  /** What goes out. */
  readonly publications: Publications;
  private readonly ladder: Ladder;
  /** Messages over data channels. */
  readonly mail: Mail;
  private readonly channel: Channel;

  constructor(
    clock: Clock,
    private readonly around: Surroundings,
    roster: Roster,
    say: (frame: Saying) => boolean,
    climb: Climb,
  ) {
    this.channel = new Channel(clock, around.sei, (received) => this.deliver(received));
    this.mail = new Mail(around.messages, clock, say);
    const told = {
      changed: (state: RTCPeerConnectionState) => this.ladder.changed(state),
      failed: (why: string) => this.ladder.failed(why),
      renewed: () => {
        this.publications.retell();
        this.receiver.renew();
      },
    };
    this.transport = new Transport(say, told, this.channel, this.mail);
    this.ladder = new Ladder(clock, this.transport, climb);
    this.publications = new Publications(clock, around.fire, this.transport);
    this.receiver = new Receiver(roster, around.unasked, around.stage, this.transport);
  }

  /** A session began, with this answer to its offer. */
  begin(answer: string): void {
    this.publications.begin();
    this.receiver.begin();
    this.transport.accept(answer);
    this.ladder.begin();
    this.lead();
  }

  /** The socket is lost. Media goes on. */
  halt(): void {
    this.ladder.halt();
    this.mail.lost();
  }

  /** The session goes on, and the server still has the transport. */
  resume(): void {
    this.tellAgain();
    this.ladder.resume();
    this.lead();
  }

  /** The session goes on, and the server has lost the transport. */
  rebuild(): void {
    this.tellAgain();
    this.ladder.rebuild();
  }

  /** There is another network. */
  hurry(): void {
    this.ladder.hurry();
  }

  /** Ends all media at once. */
  close(): void {
    this.ladder.halt();
    this.transport.close();
    this.channel.close();
  }

  /** Messages inside the pictures are wanted from now on. */
  async useMessages(): Promise<void> {
    await this.channel.start();
    this.lead();
  }

  /** Whether pictures of one's own camera go out, and messages can go inside them. */
  get shows(): boolean {
    return this.transport.lines !== null && this.channel.works && this.publications.shows(Stream.BIG);
  }

  /** Sends a message inside the next pictures of one's own camera. */
  enclose(user: string, data: Uint8Array, repeat: number): void {
    this.channel.send(user, data, repeat, this.transport.lines?.codecsOf(Stream.BIG) ?? {});
  }

  // Where lines can only be led when they are made, there has to be a new peer connection: once a stay, and not at all
  // where the application showed before the entry that it wants messages.
  private lead(): void {
    const { tap } = this.channel;
    const { lines } = this.transport;
    if (!tap || !lines || lines.tapped) return;
    if (Channel.takesLines === 'any time') lines.lead(tap);
    else this.ladder.renew();
  }

  private deliver(received: Received): void {
    const mid = this.transport.lines?.midAt(received.line) ?? '';
    const user = this.receiver.slotOf(mid)?.user;
    if (user === undefined) return;
    for (const message of this.channel.news(user, received)) this.around.fire('onRecvSEIMsg', user, message);
  }

  // What was said over the lost socket may not have arrived.
  private tellAgain(): void {
    this.publications.release();
    this.publications.retell();
  }
}
