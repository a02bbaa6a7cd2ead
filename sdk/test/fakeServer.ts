import { create, fromBinary, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import { exits } from '../src/codes';
import {
  type ClientFrame,
  ClientFrameSchema,
  type Enter,
  type EnteredSchema,
  type MemberSchema,
  type Resume,
  type ResumedSchema,
  ServerFrameSchema,
} from '../src/wire/exeunt/v1/signal_pb';

type Said = NonNullable<MessageInitShape<typeof ServerFrameSchema>['frame']>;

type Resuming = MessageInitShape<typeof ResumedSchema>;

/** Milliseconds from a frame's sending to its arrival, each way. */
const delayMs = 5;

/** What the server does with a new socket and its first frame; `hanging` never even opens the socket. */
export type Mood = 'open' | 'refusing' | 'silent' | 'unreachable' | 'hanging';

/** One stay, which may have lost its socket. */
interface Stay {
  readonly session: string;
  readonly enter: Enter;
  socket: FakeSocket | null;
  /** When it ends unless there is a sign of life. */
  goneAt: number;
  readonly missed: Array<{ frame: Said; seq: bigint }>;
}

/** One room, in the same process: it speaks the frames of docs/protocol.md to FakeSockets. */
export class FakeServer {
  mood: Mood = 'open';
  /** What `refused` says while refusing. */
  refusal = { code: -100018, message: 'the UserSig is wrong' };
  /** Said in place of `entered` or `resumed` to a member that comes back. */
  lastWord: Said | undefined;
  heartbeatMs = 1000;
  /** What each answer to a heartbeat says of the next one. */
  nextMs = 0;
  /** The room's rules, as in Entered. */
  policy: MessageInitShape<typeof EnteredSchema> = {};
  /** What Resumed says beside what the server knows by itself. */
  resumed: Resuming = { media: true, rights: 255 };
  /** Everything that any member has said. */
  readonly heard: ClientFrame['frame'][] = [];
  readonly sockets: FakeSocket[] = [];
  /** Others in the room, put there by the test. */
  members: MessageInitShape<typeof MemberSchema>[] = [];
  private readonly stays = new Map<string, Stay>();
  private count = 0;

  /** How many members that entered over a socket are inside now. */
  get present(): number {
    return [...this.stays.values()].filter((stay) => stay.goneAt > Date.now()).length;
  }

  /** The frames of one kind that were heard. */
  said<C extends ClientFrame['frame']['case']>(kind: C): Array<Extract<ClientFrame['frame'], { case: C }>['value']> {
    return this.heard.filter((frame) => frame.case === kind).map((frame) => frame.value) as never;
  }

  /** Says something to every member; one that is away hears it when it is back. */
  tell(frame: Said, seq = 0n): void {
    for (const { socket, missed } of this.stays.values()) {
      if (socket) socket.deliver(frame, seq);
      else missed.push({ frame, seq });
    }
  }

  /** Ends every stay for a reason of the exit table. */
  end(code: keyof typeof exits, text = ''): void {
    for (const stay of [...this.stays.values()]) this.putOut(stay, code, text);
  }

  /** Cuts every socket, as a network does. */
  cut(): void {
    for (const socket of this.sockets) socket.shut(1006, '');
    for (const stay of this.stays.values()) this.lose(stay, 10_000);
  }

  /** A socket was opened. */
  connect(socket: FakeSocket): void {
    this.sockets.push(socket);
    if (this.mood === 'hanging') return;
    setTimeout(() => (this.mood === 'unreachable' ? socket.shut(1006, '') : socket.accept()), delayMs);
  }

  /** A socket was closed by its member. */
  closed(socket: FakeSocket, code: number): void {
    const stay = this.stayOf(socket);
    if (stay) this.lose(stay, code === 1005 ? 500 : 10_000);
  }

  /** A frame arrived. */
  read(socket: FakeSocket, bytes: Uint8Array): void {
    const { frame } = fromBinary(ClientFrameSchema, bytes);
    this.heard.push(frame);
    if (this.mood === 'silent') return;
    const stay = this.stayOf(socket);
    if (frame.case === 'enter') this.enter(socket, frame.value);
    else if (frame.case === 'resume') this.resume(socket, frame.value);
    else if (frame.case === 'exit' && stay) this.putOut(stay, 'left', '');
    else if (frame.case === 'heartbeat') {
      socket.deliver({ case: 'heartbeatAck', value: { n: frame.value.n, nextMs: this.nextMs } });
    } else if (frame.case === 'offer') socket.deliver({ case: 'answer', value: { id: frame.value.id, sdp: 'answer' } });
    else if (frame.case === 'updatePermit') socket.deliver({ case: 'rightsChanged', value: { rights: 255 } });
    else if (frame.case === 'switchRole') {
      socket.deliver({ case: 'roleSwitched', value: { code: 0, role: frame.value.role } });
    }
  }

  private enter(socket: FakeSocket, enter: Enter): void {
    if (this.turnsAway(socket, enter.resumeSessionId)) return;
    this.stays.delete(enter.resumeSessionId);
    const session = `s${++this.count}`;
    this.stays.set(session, { session, enter, socket, goneAt: Number.POSITIVE_INFINITY, missed: [] });
    const value = {
      sessionId: session,
      secret: new TextEncoder().encode(`secret of ${session}`),
      answer: 'answer',
      members: this.members,
      heartbeatMs: this.heartbeatMs,
      ...this.policy,
    };
    socket.deliver({ case: 'entered', value });
  }

  private resume(socket: FakeSocket, { sessionId, secret, device }: Resume): void {
    if (this.turnsAway(socket, sessionId)) return;
    const stay = this.stays.get(sessionId);
    if (!stay || stay.goneAt <= Date.now()) {
      this.stays.delete(sessionId);
      const code = stay ? 'timed_out' : 'node_lost';
      socket.deliver({ case: 'exited', value: { reason: 3, detail: { code, actor: 'server', sessionId } } });
      return;
    }
    const ours = new TextDecoder().decode(secret) === `secret of ${sessionId}` && device === stay.enter.device;
    if (!ours) {
      socket.deliver({ case: 'refused', value: { code: -1, message: 'not yours' } });
      return;
    }
    Object.assign(stay, { socket, goneAt: Number.POSITIVE_INFINITY });
    socket.deliver({ case: 'resumed', value: this.resumed });
    for (const { frame, seq } of stay.missed.splice(0)) socket.deliver(frame, seq);
  }

  private turnsAway(socket: FakeSocket, session: string): boolean {
    const word: Said | undefined =
      this.mood === 'refusing' ? { case: 'refused', value: this.refusal } : session ? this.lastWord : undefined;
    if (word) socket.deliver(word);
    return word !== undefined;
  }

  private stayOf(socket: FakeSocket): Stay | undefined {
    return [...this.stays.values()].find((stay) => stay.socket === socket);
  }

  private lose(stay: Stay, waitMs: number): void {
    if (stay.socket) stay.goneAt = Date.now() + waitMs;
    stay.socket = null;
  }

  private putOut({ session, socket }: Stay, code: keyof typeof exits, text: string): void {
    this.stays.delete(session);
    const { self: reason, close } = exits[code];
    socket?.deliver({ case: 'exited', value: { reason, detail: { code, text, actor: 'server', seq: 9n } } });
    setTimeout(() => socket?.shut(close, text), delayMs);
  }
}

/** The WebSocket of these tests; `server` is set before each. */
export class FakeSocket {
  static server: FakeServer;
  static readonly OPEN = 1;
  readyState = 0;
  binaryType = '';
  onopen: (() => void) | undefined;
  onmessage: ((event: { data: ArrayBuffer }) => void) | undefined;
  onclose: ((event: { code: number; reason: string }) => void) | undefined;
  private readonly server = FakeSocket.server;

  constructor(
    readonly url: string,
    readonly protocol: string,
  ) {
    this.server.connect(this);
  }

  send(bytes: Uint8Array): void {
    if (this.readyState !== 1) throw new Error('the socket is not open');
    const copy = bytes.slice();
    setTimeout(() => this.server.read(this, copy), delayMs);
  }

  close(code = 1005): void {
    if (this.readyState >= 2) return;
    this.readyState = 2;
    setTimeout(() => {
      this.server.closed(this, code);
      this.shut(code, '');
    }, delayMs);
  }

  accept(): void {
    if (this.readyState !== 0) return;
    this.readyState = 1;
    this.onopen?.();
  }

  deliver(frame: Said, seq = 0n): void {
    const data = toBinary(ServerFrameSchema, create(ServerFrameSchema, { frame, seq })).slice().buffer;
    setTimeout(() => this.readyState < 3 && this.onmessage?.({ data }), delayMs);
  }

  shut(code: number, reason: string): void {
    if (this.readyState === 3) return;
    this.readyState = 3;
    this.onclose?.({ code, reason });
  }
}
