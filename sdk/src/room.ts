import { protoInt64 } from '@bufbuild/protobuf';
import type { Clock } from './clock';
import type { Exchange } from './exchange';
import type { Fire } from './local';
import type { Mail } from './mail';
import { Missed } from './missed';
import type { Receiver } from './receive';
import type { Happening, Roster } from './roster';
import type {
  Entered,
  MessageReceived,
  Resumed,
  RightsChanged,
  RoleSwitched,
  ServerFrame,
} from './wire/exeunt/v1/signal_pb';

/** What the server says of oneself. */
export interface OwnStanding {
  switched(answer: Pick<RoleSwitched, 'code' | 'message' | 'role'>): void;
  rightsChanged(change: RightsChanged): void;
}

/** The room as the server tells it: in one order, each thing once, whatever sockets were lost in between (B1, I-3). */
export class Room {
  private heard = 0;
  // What the server says again comes up to here, and speaks of slots that may be bound anew since.
  private saidAgain = 0;
  private slots: Resumed['slots'] = [];
  private host = '';
  private readonly missed: Missed;
  private readonly receiver: Receiver;
  private readonly mail: Mail;

  constructor(
    clock: Clock,
    private readonly fire: Fire,
    private readonly roster: Roster,
    { receiver, mail }: Pick<Exchange, 'receiver' | 'mail'>,
    private readonly own: OwnStanding,
  ) {
    this.receiver = receiver;
    this.mail = mail;
    mail.tell = (message) => this.message(message);
    this.missed = new Missed(clock, fire, roster);
  }

  /** The highest place in the room's order that was heard. */
  get seq(): bigint {
    return protoInt64.parse(this.heard);
  }

  /** A session began, perhaps in another incarnation of the room with an order of its own. */
  entered({ members, host, said }: Entered, seq: bigint): void {
    this.heard = Number(seq);
    this.saidAgain = 0;
    this.takeAll(members);
    this.missed.take(said);
    this.receiver.sync();
    this.hostIs(host);
    this.mail.resumed();
    this.mail.reach(this.heard);
  }

  /** The session goes on: what was missed follows, or all of it is here. */
  resumed({ whole, left, members, slots, seq, host, said }: Resumed): void {
    if (whole) {
      // First who left, for the true reasons; then there is nothing left to guess for most of the list.
      for (const each of left) this.leave(each);
      this.takeAll(members);
      this.heard = Math.max(this.heard, Number(seq));
    }
    this.mail.resumed();
    this.mail.reach(this.heard);
    this.missed.take(said);
    this.saidAgain = Number(seq);
    this.slots = slots;
    this.receiver.replace(slots);
    this.receiver.retell();
    this.receiver.sync();
    this.hostIs(host);
  }

  /** Takes one frame. What was heard before is not told again; a gap is no fault: not all is meant for everybody. */
  hear(frame: ServerFrame): void {
    const seq = Number(frame.seq);
    if (seq > 0 && seq <= this.heard) return;
    this.heard = Math.max(this.heard, seq);
    this.take(frame.frame);
    if (seq > 0 && seq <= this.saidAgain) this.receiver.replace(this.slots);
    if (seq > 0) this.mail.reach(this.heard);
  }

  private take(frame: ServerFrame['frame']): void {
    switch (frame.case) {
      case 'memberEntered':
        this.tell(this.roster.entered(frame.value.userId));
        this.receiver.sync();
        break;
      case 'memberLeft':
        this.leave(frame.value);
        break;
      case 'memberPresence':
        this.tell(this.roster.presence(frame.value));
        break;
      case 'streamChanged':
        this.tell(this.roster.changed(frame.value));
        if (!frame.value.published) this.receiver.ended(frame.value.userId, frame.value.stream);
        break;
      case 'slotBound':
        this.receiver.bind(frame.value);
        break;
      case 'slotUnbound':
        this.receiver.unbind(frame.value.mid);
        break;
      case 'roleSwitched':
        this.own.switched(frame.value);
        break;
      case 'rightsChanged':
        this.own.rightsChanged(frame.value);
        break;
      case 'hostChanged':
        this.hostIs(frame.value.userId);
        break;
      case 'messageReceived':
        this.message(frame.value);
        break;
      case 'messageChannel':
        this.mail.turn(frame.value.open ? 'channel' : 'socket');
        if (!frame.value.open) this.missed.take(frame.value.said);
        break;
      case 'problem':
        this.problem(frame.value.code, frame.value.message);
        break;
    }
  }

  private message(message: MessageReceived): void {
    const { userId, cmdId, seq, data } = message;
    this.missed.hear(message);
    this.fire('onRecvCustomCmdMsg', userId, cmdId, seq, new TextDecoder().decode(data));
  }

  private takeAll(members: Entered['members']): void {
    const before = this.roster.users;
    this.tell(this.roster.replace(members));
    for (const user of before) if (!this.roster.has(user)) this.forget(user);
  }

  private leave(left: Resumed['left'][number]): void {
    this.tell(this.roster.left(left));
    this.forget(left.userId);
  }

  private forget(user: string): void {
    this.receiver.forget(user);
    this.missed.forget(user);
  }

  private hostIs(user: string): void {
    if (user === this.host) return;
    this.host = user;
    this.fire('onRoomHostChanged', user);
  }

  private problem(code: number, message: string): void {
    if (code < 0) this.fire('onError', code, message);
    else this.fire('onWarning', code, message, null);
  }

  private tell(happenings: Happening[]): void {
    for (const [event, ...args] of happenings) this.fire(event, ...args);
  }
}
