import { serverAddress } from './address';
import { Clock } from './clock';
import { type ExitCode, exits } from './codes';
import { Comeback } from './comeback';
import { Connection, type First } from './connection';
import type { TRTCAppScene, TRTCParams, TRTCRoleType } from './define';
import { because, codeOfClose, toDetail, type Why } from './detail';
import { later } from './emitter';
import { TXLiteAVError, TXLiteAVWarning } from './errors';
import { Exchange, type Surroundings } from './exchange';
import { depart, departed, isolate, type Ledger } from './ledger';
import { cutLifeline, handLifeline } from './lifeline';
import type { LocalMedia } from './local';
import { log } from './log';
import { Networks } from './networks';
import { Outage } from './outage';
import type { Message } from './outbox';
import { Page } from './page';
import { entryFor, faultIn, type Resumption, resumptionFor } from './params';
import { defaultRules, type Rules, rulesOf } from './presence';
import type { Receiver } from './receive';
import { Room } from './room';
import { Roster } from './roster';
import type { Saying } from './signal';
import { Standing } from './standing';
import type { Transport } from './transport';
import type { Entered, Exited, Refused, Resumed, ServerFrame } from './wire/exeunt/v1/signal_pb';

/**
 * Where a session stands. `refused` waits for the exitRoom that TRTC asks for after a failed entry.
 * There is no other variable that says so, and no way back from `leaving`.
 */
export type State = 'entering' | 'inside' | 'resuming' | 'refused' | 'leaving' | 'ended';

/** What a session uses of the cloud that enters. */
export interface Belongings extends Surroundings {
  local: LocalMedia;
  ledger: Ledger;
}

/** What the server gave with the entry; with it the stay outlives its socket. */
interface Ticket {
  address: string;
  session: string;
  secret: Uint8Array;
  rules: Rules;
}

// A server that cannot be reached for so long makes the entry fail.
const enterMs = 10_000;
// Goodbye and pending captures may take this long. onExitRoom comes within half a second, whatever happens.
const goodbyeMs = 350;
// What a server without permission control lets its members do, and does not mention.
const allRights = 255;

// Refusals of a return that time may heal: the server is starting, stopping or overloaded.
const passing: readonly number[] = [
  TXLiteAVError.ERR_REQUEST_SERVER_TIMEOUT,
  TXLiteAVError.ERR_SERVER_PROCESS_FAILED,
  TXLiteAVError.ERR_DISCONNECTED,
  TXLiteAVError.ERR_ROOM_ENTER_FAIL,
  TXLiteAVError.ERR_ROOM_CONNECT_FAIL,
  TXLiteAVError.ERR_ROOM_REQUEST_ENTER_ROOM_TIMEOUT,
];

/**
 * One stay of one user in one room: entering → inside ⇄ resuming, and one way out, `end`.
 * Each enterRoom makes a new one, so nothing late can touch a later stay.
 */
export class Session {
  /** How the networks of the members are. */
  readonly networks = new Networks();
  private state: State = 'entering';
  private readonly clock = new Clock();
  private readonly startedAt = Date.now();
  private readonly roster = new Roster();
  private readonly exchange: Exchange;
  private readonly standing: Standing;
  private readonly room: Room;
  private readonly outage: Outage;
  private readonly comeback: Comeback;
  private page: Page | null = null;
  private connection: Connection | null = null;
  private ticket: Ticket | null = null;
  // How an attempt begins: a stay goes on by `resume`, for as long as that may help.
  private next: First['word'] = 'enter';
  private gone: Promise<void> | null = null;

  constructor(
    private readonly params: TRTCParams,
    private readonly scene: TRTCAppScene,
    private readonly own: Belongings,
  ) {
    const say = (frame: Saying) => this.say(frame);
    this.exchange = new Exchange(this.clock, own, this.roster, say, {
      interrupted: () => this.outage.begin('media', this.rules),
      mended: () => this.outage.end('media'),
      exhausted: () => this.lost('media does not get through', 'enter'),
    });
    this.standing = new Standing(params, scene, own.fire, say, () => this.sync());
    this.room = new Room(this.clock, own.fire, this.roster, this.exchange, this.standing);
    this.outage = new Outage(this.clock, own.fire);
    this.comeback = new Comeback(this.clock, {
      attempt: () => this.attempt(),
      overdue: () => this.exchange.publications.hold(),
      hopeless: () => this.endAs('timed_out', ''),
    });
  }

  /** Whether a further enterRoom has to be refused. */
  get live(): boolean {
    return this.state === 'entering' || this.state === 'inside' || this.state === 'resuming';
  }

  /** Whether the room can be heard and spoken to now. */
  get inside(): boolean {
    return this.state === 'inside';
  }

  /** Whether the connection is lost, and the stay goes on. */
  get resuming(): boolean {
    return this.state === 'resuming';
  }

  /** One's own user id. */
  get userId(): string {
    return this.params.userId;
  }

  /** Those in the room, as far as this member may know. */
  get users(): string[] {
    return this.roster.users;
  }

  /** Those in the room of whom there is no sign of life just now. */
  get unstable(): string[] {
    return this.roster.unstable;
  }

  /** What arrives from the others. */
  get receiver(): Receiver {
    return this.exchange.receiver;
  }

  /** The media side, while inside. */
  get line(): Transport | null {
    return this.inside ? this.exchange.transport : null;
  }

  /** The timers of this stay. They all end with it. */
  get timers(): Clock {
    return this.clock;
  }

  /** Begins to enter, once every earlier stay of this page has given back its devices. */
  start(): void {
    const fault = faultIn(this.params);
    if (fault) {
      this.refuse(fault.code, fault.message);
      return;
    }
    this.page = this.watchPage();
    this.clock.after(enterMs, () => {
      if (this.state !== 'entering') return;
      this.refuse(TXLiteAVError.ERR_ROOM_REQUEST_ENTER_ROOM_TIMEOUT, 'the server did not answer in time');
    });
    const others = departed();
    if (others) void others.then(() => this.attempt());
    else this.attempt();
  }

  /** Sends a frame to the server, if the member is inside. */
  say(frame: Saying): boolean {
    return this.inside && (this.connection?.say(frame) ?? false);
  }

  /** Whether messages can be sent: a data channel may stand while the socket is lost. */
  get talks(): boolean {
    return this.inside || this.resuming;
  }

  /** Sends a message to the others, by the way that suits it; false where there is none. */
  post(message: Message): boolean {
    return this.talks && this.exchange.mail.say(message);
  }

  /**
   * Makes what is sent, and what the server knows of it, equal to what there is. Call it after any change of one's own
   * streams. While the socket is lost the words have to wait; a microphone that is muted does not.
   */
  sync(): void {
    if (!this.inside && !this.resuming) return;
    this.exchange.publications.sync((stream) =>
      this.standing.may(stream) ? this.own.local.publication(stream) : null,
    );
  }

  /** Warns when the member captures what nobody will be sent. */
  warnAudience(): void {
    if (!this.inside || this.standing.publishes) return;
    const code = TXLiteAVWarning.WARNING_IGNORE_UPSTREAM_FOR_AUDIENCE;
    this.own.fire('onWarning', code, 'an audience member sends nothing', null);
  }

  /** Asks for another role; onSwitchRole has the answer. */
  switchRole(role: TRTCRoleType, privateMapKey: string): void {
    this.standing.switchRole(role, privateMapKey);
  }

  /** Brings a newer PrivateMapKey; onRightsChanged has the answer. */
  updatePermit(privateMapKey: string): void {
    this.standing.updatePermit(privateMapKey);
  }

  /** Wants messages inside the pictures from now on. */
  useSei(): void {
    if (this.live) void this.exchange.useMessages();
  }

  /** Whether pictures of the camera go out, in which a message could. */
  get shows(): boolean {
    return this.inside && this.exchange.shows;
  }

  /** Sends a message inside the next pictures of the camera. */
  enclose(data: Uint8Array, repeat: number): void {
    this.exchange.enclose(this.params.userId, data, repeat);
  }

  /** Leaves by the user's own wish. */
  exit(): Promise<void> {
    return this.end(this.ownWish());
  }

  /** Leaves like `exit`, and tells the application nothing. */
  abandon(): Promise<void> {
    return this.end(null);
  }

  /**
   * The only way out. In order, once: stop resuming, stop tracks, views and media, say goodbye within a bound, tell the
   * application. Settles when it has been told. `why` is null for a cloud that is destroyed: there is nobody to tell.
   */
  private end(why: Why | null): Promise<void> {
    if (this.gone) return this.gone;
    if (this.resuming && why?.reason === exits.left.self) this.openForGoodbye();
    this.state = 'leaving';
    const others = departed();
    const { rest } = this.exchange.mail;
    this.clock.clear();
    this.page?.close();
    isolate('stop the devices', () => this.own.local.release());
    isolate('clear the views', () => this.own.stage.clear());
    isolate('close the media', () => this.exchange.close());
    this.own.ledger.release();
    const bound = new Promise<void>((resolve) => this.clock.after(goodbyeMs, resolve));
    let goodbye: Promise<void> | undefined;
    isolate('say goodbye', () => {
      goodbye = this.connection?.leave(rest);
    });
    const freed = Promise.all([goodbye, this.own.local.settled(), others]);
    const left = Promise.race([bound, freed]).then(() => this.finish());
    depart(left);
    this.gone = left.then(() => this.tellExit(why));
    return this.gone;
  }

  private finish(): void {
    isolate('close the connection', () => this.connection?.close());
    isolate('stop the timers', () => this.clock.close());
    isolate('tell the main process', () => this.ticket && cutLifeline(this.ticket.session));
    this.connection = null;
    this.state = 'ended';
  }

  private tellExit(why: Why | null): Promise<void> {
    if (why) this.own.fire('onExitRoom', why.reason, why.detail);
    // Events are told in order, so this comes after the listeners have run.
    return new Promise((resolve) => later(resolve));
  }

  private ownWish(): Why {
    return because('left', this.params.userId, this.ticket?.session ?? '');
  }

  // The reason's frame was lost and the close code says it too (B9), or this side knows it by itself.
  private endAs(code: ExitCode, text: string): void {
    const { reason, detail } = because(code, 'server', this.ticket?.session ?? '');
    void this.end({ reason, detail: { ...detail, text: text || detail.text } });
  }

  // The entry did not happen. What was captured before it goes on, as for a cloud that never entered.
  private refuse(code: number, message: string): void {
    this.state = 'refused';
    this.page?.close();
    this.connection?.close();
    this.connection = null;
    this.exchange.close();
    this.clock.close();
    this.own.fire('onError', code, message);
    this.own.fire('onEnterRoom', code);
  }

  private get rules(): Rules {
    return this.ticket?.rules ?? defaultRules;
  }

  private attempt(): void {
    if (!this.live || this.inside || this.page?.away) return;
    this.connection?.abandon();
    this.connection = null;
    try {
      this.connection = this.open();
    } catch (error) {
      this.lost(String(error));
    }
  }

  private open(): Connection {
    const first = this.next === 'resume' ? this.resumeFrame() : this.enterFrame();
    const address = this.ticket?.address ?? serverAddress();
    const connection: Connection = new Connection(address, first, this.clock, {
      entered: (entered, seq) => this.entered(connection, address, entered, seq),
      resumed: (resumed) => this.resumed(connection, resumed),
      frame: (frame) => this.hear(frame),
      woke: () => this.exchange.publications.release(),
      overslept: () => this.exchange.publications.hold(),
      refused: (refused) => this.refused(refused),
      exited: (exited) => this.exited(exited),
      closed: (code, text) => this.closed(code, text),
      lost: (why) => this.lost(why),
    });
    return connection;
  }

  private enterFrame(): First {
    const entry = entryFor(this.params, this.scene, this.own.unasked);
    const resumeSessionId = this.ticket?.session ?? '';
    const offer = this.exchange.transport.begin();
    return {
      word: 'enter',
      frame: offer.then((sdp) => ({ case: 'enter', value: { ...entry, resumeSessionId, offer: sdp } })),
    };
  }

  private resumeFrame(): First {
    return { word: 'resume', frame: Promise.resolve({ case: 'resume', value: this.resumption() }) };
  }

  private resumption(): Resumption {
    const { session: sessionId, secret } = this.ticket ?? { session: '', secret: new Uint8Array() };
    return { ...resumptionFor(this.params), sessionId, secret, seq: this.room.seq };
  }

  // A goodbye that comes while the connection is lost still wants to be heard, if the bound allows it (D2).
  private openForGoodbye(): void {
    if (this.connection || this.next !== 'resume') return;
    isolate('open a socket for the goodbye', () => {
      this.connection = this.open();
    });
  }

  private entered(connection: Connection, address: string, entered: Entered, seq: bigint): void {
    const returning = this.resuming;
    this.state = 'inside';
    this.next = 'resume';
    this.ticket = { address, session: entered.sessionId, secret: entered.secret, rules: rulesOf(entered) };
    this.comeback.settle();
    connection.keep(this.rules, () => this.room.seq);
    this.exchange.transport.relayBy(entered.iceServers);
    this.exchange.begin(entered.answer);
    if (returning) this.outage.end('signal');
    else this.own.fire('onEnterRoom', Math.max(1, Date.now() - this.startedAt));
    this.room.entered(entered, seq);
    this.standing.take(this.params.role, entered.rights || allRights);
    this.sync();
    isolate('tell the main process', () => handLifeline(address, this.resumption()));
  }

  private resumed(connection: Connection, resumed: Resumed): void {
    this.state = 'inside';
    this.comeback.settle();
    connection.keep(this.rules, () => this.room.seq);
    this.standing.take(resumed.role, resumed.rights);
    this.sync();
    this.exchange.transport.relayBy(resumed.iceServers);
    if (resumed.media) this.exchange.resume();
    else this.exchange.rebuild();
    this.outage.end('signal');
    this.room.resumed(resumed);
  }

  private hear(frame: ServerFrame): void {
    const { frame: said } = frame;
    if (said.case === 'answer') this.exchange.transport.take(said.value);
    else if (said.case === 'encode') this.exchange.transport.encode(said.value);
    else if (said.case === 'networkQuality') this.networks.take(said.value);
    else if (said.case === 'messageAck') this.exchange.mail.acknowledge(said.value.number);
    else if (said.case === 'slotsNeeded') this.exchange.transport.grow(said.value);
    else this.room.hear(frame);
  }

  private refused({ code, message }: Refused): void {
    if (this.state === 'entering') {
      this.refuse(code, message);
    } else if (passing.includes(code)) {
      this.lost(message);
    } else {
      this.own.fire('onError', code, message);
      const { reason, detail } = because('node_lost', 'server', this.ticket?.session ?? '');
      void this.end({ reason, detail: { ...detail, code: 'refused', text: message } });
    }
  }

  // Exited is the last word of a stay, inside or on the way back: nobody returns from it by himself (F2, F3, D10, D13).
  private exited({ reason, detail }: Exited): void {
    void this.end({ reason, detail: toDetail(detail) });
  }

  private closed(code: number, text: string): void {
    const exit = codeOfClose(code);
    // After any other code, the answer to a return says how it stands.
    if (exit && !exits[exit].mayReturn) this.endAs(exit, text);
    else this.lost(`closed with ${code}`);
  }

  private lost(why: string, next = this.next): void {
    if (!this.live) return;
    log.warn(`connection lost: ${why}`);
    this.next = next;
    const silentMs = this.connection?.silentMs ?? 0;
    this.connection?.abandon();
    this.connection = null;
    if (!this.inside) {
      this.comeback.again();
      return;
    }
    this.suspend();
    this.comeback.begin(this.rules, silentMs);
  }

  private suspend(): void {
    this.state = 'resuming';
    this.exchange.halt();
    this.outage.begin('signal', this.rules);
  }

  private watchPage(): Page {
    return new Page({
      closed: () => void this.exit(),
      away: () => this.putAway(),
      back: () => this.takeBack(),
      frozen: () => this.freeze(),
      thawed: () => this.hurry(),
      seen: () => this.connection?.beat(),
      network: () => this.hurry(),
    });
  }

  // What is frozen sends nothing and proves nothing: the room decides how long it waits (E5).
  private freeze(): void {
    this.exchange.publications.hold();
    this.connection?.rest();
  }

  // Chromium and Firefox say that a page may come back, and keep none that has a peer connection: that page leaves.
  // Of any other, nobody knows: the server is not kept waiting, and it decides when the page does come back (E4).
  private putAway(): void {
    if (this.exchange.transport.lines) {
      void this.exit();
      return;
    }
    this.comeback.stop();
    this.connection?.close();
    this.connection = null;
    if (this.inside) this.suspend();
  }

  private takeBack(): void {
    if (this.resuming) this.comeback.begin(this.rules, 0);
    this.hurry();
  }

  // The page or the network is there again: what waits for that need not wait longer.
  private hurry(): void {
    if (this.page?.away) return;
    if (!this.inside) {
      this.comeback.hurry();
      return;
    }
    this.connection?.wake();
    if (this.inside) this.exchange.hurry();
  }
}
