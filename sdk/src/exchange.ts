import type { Clock } from './clock';
import { type Climb, Ladder } from './ladder';
import type { Fire } from './local';
import { Publications } from './publish';
import { Receiver, type Stage, type Unasked } from './receive';
import type { Roster } from './roster';
import type { Saying } from './signal';
import { Transport } from './transport';

/** What an exchange uses of the cloud. */
export interface Surroundings {
  stage: Stage;
  unasked: Unasked;
  fire: Fire;
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

  constructor(clock: Clock, around: Surroundings, roster: Roster, say: (frame: Saying) => boolean, climb: Climb) {
    this.transport = new Transport(say, {
      changed: (state) => this.ladder.changed(state),
      failed: (why) => this.ladder.failed(why),
      renewed: () => {
        this.publications.retell();
        this.receiver.renew();
      },
    });
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
  }

  /** The socket is lost. Media goes on. */
  halt(): void {
    this.ladder.halt();
  }

  /** The session goes on, and the server still has the transport. */
  resume(): void {
    this.tellAgain();
    this.ladder.resume();
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
  }

  // What was said over the lost socket may not have arrived.
  private tellAgain(): void {
    this.publications.release();
    this.publications.retell();
  }
}
