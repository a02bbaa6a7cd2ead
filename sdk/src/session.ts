import { serverAddress } from './address';
import { Clock } from './clock';
import { type ExitCode, exits } from './codes';
import { Connection, type Entry } from './connection';
import { TRTCAppScene, type TRTCParams, TRTCRoleType } from './define';
import { because, codeOfClose, mayReturn, toDetail, type Why } from './detail';
import { later } from './emitter';
import { TXLiteAVError, TXLiteAVWarning } from './errors';
import { depart, departed, isolate, type Ledger } from './ledger';
import type { Fire, LocalMedia } from './local';
import { log } from './log';
import { entryFor, faultIn } from './params';
import { Publications } from './publish';
import { Receiver, type Stage, type Unasked } from './receive';
import { type Happening, Roster } from './roster';
import { pauseBefore, type Saying } from './signal';
import type { Entered, Exited, Refused, ServerFrame } from './wire/exeunt/v1/signal_pb';

/**
 * Where a session stands. `refused` waits for the exitRoom that TRTC asks for after a failed entry.
 * There is no other variable that says so, and no way back from `leaving`.
 */
export type State = 'entering' | 'inside' | 'resuming' | 'refused' | 'leaving' | 'ended';

/** What a session uses of the cloud that enters. */
export interface Belongings {
  local: LocalMedia;
  stage: Stage;
  ledger: Ledger;
  unasked: Unasked;
  fire: Fire;
}

// A server that cannot be reached for so long makes the entry fail; after it, a lost connection is tried for ever.
const enterMs = 10_000;
// Goodbye and pending captures may take this long. onExitRoom comes within half a second, whatever happens.
const goodbyeMs = 400;

// A connection that holds so long is a good one. Where media never gets through, each return would look like a success,
// and the pauses between them have to grow all the same.
const steadyMs = 30_000;

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
  private state: State = 'entering';
  private readonly clock = new Clock();
  private readonly startedAt = Date.now();
  private readonly roster = new Roster();
  /** What arrives from the others. */
  readonly receiver: Receiver;
  private connection: Connection | null = null;
  private readonly publications: Publications;
  private sessionId = '';
  private failed = 0;
  private enteredAt = 0;
  private gone: Promise<void> | null = null;
  private readonly onPageHide = () => void this.end(this.ownWish());

  constructor(
    private readonly params: TRTCParams,
    private readonly scene: TRTCAppScene,
    private readonly own: Belongings,
  ) {
    this.publications = new Publications(this.clock, own.fire);
    this.receiver = new Receiver(this.roster, own.unasked, own.stage);
  }

  /** Whether a further enterRoom has to be refused. */
  get live(): boolean {
    return this.state === 'entering' || this.state === 'inside' || this.state === 'resuming';
  }

  /** Whether the room can be heard and spoken to now. */
  get inside(): boolean {
    return this.state === 'inside';
  }

  /** One's own user id. */
  get userId(): string {
    return this.params.userId;
  }

  /** The connection, while inside. */
  get line(): Connection | null {
    return this.inside ? this.connection : null;
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
    globalThis.addEventListener?.('pagehide', this.onPageHide);
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
    return this.line?.say(frame) ?? false;
  }

  /** Makes what the server knows of one's own streams equal to what there is. Call it after any change of them. */
  sync(): void {
    if (!this.inside) return;
    if (this.mayPublish) this.publications.sync(this.own.local);
    else this.publications.withdraw();
  }

  /** Warns when the member captures what nobody will be sent. */
  warnAudience(): void {
    if (!this.inside || this.mayPublish) return;
    const code = TXLiteAVWarning.WARNING_IGNORE_UPSTREAM_FOR_AUDIENCE;
    this.own.fire('onWarning', code, 'an audience member sends nothing', null);
  }

  /** Asks for another role; onSwitchRole has the answer. */
  switchRole(role: TRTCRoleType, privateMapKey: string): void {
    if (this.say({ case: 'switchRole', value: { role, privateMapKey } })) return;
    this.params.role = role;
    if (privateMapKey) this.params.privateMapKey = privateMapKey;
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
    this.state = 'leaving';
    const others = departed();
    globalThis.removeEventListener?.('pagehide', this.onPageHide);
    isolate('stop the devices', () => this.own.local.release());
    isolate('clear the views', () => this.own.stage.clear());
    this.own.ledger.release();
    const bound = new Promise<void>((resolve) => this.clock.after(goodbyeMs, resolve));
    let goodbye: Promise<void> | undefined;
    isolate('say goodbye', () => {
      goodbye = this.connection?.leave();
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
    this.connection = null;
    this.publications.reconnect(null);
    this.state = 'ended';
  }

  private tellExit(why: Why | null): Promise<void> {
    if (why) this.own.fire('onExitRoom', why.reason, why.detail);
    // Events are told in order, so this comes after the listeners have run.
    return new Promise((resolve) => later(resolve));
  }

  private ownWish(): Why {
    return because('left', this.params.userId, this.sessionId);
  }

  private get mayPublish(): boolean {
    const call = this.scene === TRTCAppScene.TRTCAppSceneVideoCall || this.scene === TRTCAppScene.TRTCAppSceneAudioCall;
    return call || this.params.role === TRTCRoleType.TRTCRoleAnchor;
  }

  private attempt(): void {
    if (!this.live || this.inside) return;
    if (this.state === 'resuming') this.own.fire('onTryToReconnect');
    const entry: Entry = { ...entryFor(this.params, this.scene, this.own.unasked), resumeSessionId: this.sessionId };
    try {
      const connection: Connection = new Connection(serverAddress(), entry, this.clock, {
        entered: (entered) => this.entered(connection, entered),
        frame: (frame) => this.hear(frame),
        refused: (refused) => this.refused(refused),
        exited: (exited) => this.exited(exited),
        closed: (code, text) => this.closed(code, text),
        lost: (why) => this.lost(why),
      });
      this.connection = connection;
    } catch (error) {
      this.lost(String(error));
    }
  }

  private entered(connection: Connection, entered: Entered): void {
    const returning = this.state === 'resuming';
    this.state = 'inside';
    this.enteredAt = Date.now();
    this.sessionId = entered.sessionId;
    this.publications.reconnect(connection);
    this.receiver.reconnect(connection);
    if (returning) this.own.fire('onConnectionRecovery');
    else this.own.fire('onEnterRoom', Math.max(1, Date.now() - this.startedAt));
    const before = this.roster.users;
    this.tell(this.roster.replace(entered.members));
    for (const user of before) if (!this.roster.has(user)) this.receiver.forget(user);
    this.receiver.sync();
    this.sync();
  }

  private hear({ frame }: ServerFrame): void {
    switch (frame.case) {
      case 'memberEntered':
        this.tell(this.roster.entered(frame.value.userId));
        this.receiver.sync();
        break;
      case 'memberLeft':
        this.tell(this.roster.left(frame.value));
        this.receiver.forget(frame.value.userId);
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
        this.switched(frame.value.code, frame.value.message, frame.value.role);
        break;
      case 'messageReceived': {
        const { userId, cmdId, seq, data } = frame.value;
        this.own.fire('onRecvCustomCmdMsg', userId, cmdId, seq, new TextDecoder().decode(data));
        break;
      }
      case 'problem':
        this.problem(frame.value.code, frame.value.message);
        break;
    }
  }

  private tell(happenings: Happening[]): void {
    for (const [event, ...args] of happenings) this.own.fire(event, ...args);
  }

  private switched(code: number, message: string, role: number): void {
    if (code === 0) this.params.role = role;
    this.own.fire('onSwitchRole', code, message);
    this.sync();
  }

  private problem(code: number, message: string): void {
    if (code < 0) this.own.fire('onError', code, message);
    else this.own.fire('onWarning', code, message, null);
  }

  // The entry did not happen. What was captured before it goes on, as for a cloud that never entered.
  private refuse(code: number, message: string): void {
    this.state = 'refused';
    globalThis.removeEventListener?.('pagehide', this.onPageHide);
    this.connection?.close();
    this.connection = null;
    this.clock.close();
    this.own.fire('onError', code, message);
    this.own.fire('onEnterRoom', code);
  }

  private refused({ code, message }: Refused): void {
    if (this.state === 'entering') {
      this.refuse(code, message);
    } else if (passing.includes(code)) {
      this.lost(message);
    } else {
      this.own.fire('onError', code, message);
      const why = because('node_lost', 'server', this.sessionId);
      void this.end({ reason: why.reason, detail: { ...why.detail, code: 'refused', text: message } });
    }
  }

  private exited({ reason, detail }: Exited): void {
    const record = toDetail(detail);
    // The answer to a return is final: the stay ended meanwhile, and this is how (F2, D10).
    if (this.state === 'inside' && mayReturn(record.code)) this.lost(record.code);
    else void this.end({ reason, detail: record });
  }

  private closed(code: number, text: string): void {
    const exit = codeOfClose(code);
    if (exit && !exits[exit].mayReturn) this.endAs(exit, text);
    else this.lost(`closed with ${code}`);
  }

  // The reason's frame was lost, and the close code says it too (B9).
  private endAs(code: ExitCode, text: string): void {
    const { reason, detail } = because(code, 'server', this.sessionId);
    void this.end({ reason, detail: { ...detail, text: text || detail.text } });
  }

  private lost(why: string): void {
    if (!this.live) return;
    log.warn(`connection lost: ${why}`);
    this.connection?.close();
    this.connection = null;
    this.publications.reconnect(null);
    if (this.state === 'inside') {
      if (Date.now() - this.enteredAt > steadyMs) this.failed = 0;
      this.state = 'resuming';
      this.own.fire('onConnectionLost');
    }
    this.clock.after(pauseBefore(this.failed++), () => this.attempt());
  }
}
