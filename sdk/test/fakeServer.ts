import { create, fromBinary, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import { exits } from '../src/codes';
import {
  type ClientFrame,
  ClientFrameSchema,
  type Enter,
  type MemberSchema,
  ServerFrameSchema,
} from '../src/wire/exeunt/v1/signal_pb';

type Said = NonNullable<MessageInitShape<typeof ServerFrameSchema>['frame']>;

/** Milliseconds from a frame's sending to its arrival, each way. */
const delayMs = 5;

/** What the server does with a new socket and its enter frame. */
export type Mood = 'open' | 'refusing' | 'silent' | 'unreachable';

/** One room, in the same process: it speaks the frames of docs/protocol.md to FakeSockets. */
export class FakeServer {
  mood: Mood = 'open';
  /** What `refused` says while refusing. */
  refusal = { code: -100018, message: 'the UserSig is wrong' };
  /** Said in place of `entered`, once, to a member that comes back. */
  lastWord: Said | undefined;
  heartbeatMs = 1000;
  /** Everything that any member has said. */
  readonly heard: ClientFrame['frame'][] = [];
  readonly sockets: FakeSocket[] = [];
  /** Others in the room, put there by the test. */
  members: MessageInitShape<typeof MemberSchema>[] = [];
  private readonly inside = new Map<FakeSocket, Enter>();
  private count = 0;

  /** How many members that entered over a socket are inside now. */
  get present(): number {
    return this.inside.size;
  }

  /** The frames of one kind that were heard. */
  said<C extends ClientFrame['frame']['case']>(kind: C): Array<Extract<ClientFrame['frame'], { case: C }>['value']> {
    return this.heard.filter((frame) => frame.case === kind).map((frame) => frame.value) as never;
  }

  /** Says something to every member. */
  tell(frame: Said): void {
    for (const socket of this.inside.keys()) socket.deliver(frame);
  }

  /** Ends every stay for a reason of the exit table. */
  end(code: keyof typeof exits, text = ''): void {
    for (const socket of [...this.inside.keys()]) this.putOut(socket, code, text);
  }

  /** Cuts every socket, as a network does. */
  cut(): void {
    for (const socket of this.sockets) socket.shut(1006, '');
    this.inside.clear();
  }

  /** A socket was opened. */
  connect(socket: FakeSocket): void {
    this.sockets.push(socket);
    setTimeout(() => (this.mood === 'unreachable' ? socket.shut(1006, '') : socket.accept()), delayMs);
  }

  /** A socket was closed by its member. */
  lose(socket: FakeSocket): void {
    this.inside.delete(socket);
  }

  /** A frame arrived. */
  read(socket: FakeSocket, bytes: Uint8Array): void {
    const { frame } = fromBinary(ClientFrameSchema, bytes);
    this.heard.push(frame);
    if (this.mood === 'silent') return;
    if (frame.case === 'enter') this.enter(socket, frame.value);
    else if (frame.case === 'exit') this.putOut(socket, 'left', '');
    else if (frame.case === 'heartbeat') socket.deliver({ case: 'heartbeatAck', value: { n: frame.value.n } });
    else if (frame.case === 'offer') socket.deliver({ case: 'answer', value: { id: frame.value.id, sdp: 'answer' } });
    else if (frame.case === 'switchRole') {
      socket.deliver({ case: 'roleSwitched', value: { code: 0, role: frame.value.role } });
    }
  }

  private enter(socket: FakeSocket, enter: Enter): void {
    if (this.mood === 'refusing') {
      socket.deliver({ case: 'refused', value: this.refusal });
      return;
    }
    if (enter.resumeSessionId && this.lastWord) {
      socket.deliver(this.lastWord);
      return;
    }
    this.inside.set(socket, enter);
    const value = {
      sessionId: `s${++this.count}`,
      answer: 'answer',
      members: this.members,
      heartbeatMs: this.heartbeatMs,
    };
    socket.deliver({ case: 'entered', value });
  }

  private putOut(socket: FakeSocket, code: keyof typeof exits, text: string): void {
    this.inside.delete(socket);
    const { self: reason, close } = exits[code];
    socket.deliver({ case: 'exited', value: { reason, detail: { code, text, actor: 'server', seq: 9n } } });
    setTimeout(() => socket.shut(close, text), delayMs);
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

  close(): void {
    if (this.readyState >= 2) return;
    this.readyState = 2;
    setTimeout(() => {
      this.server.lose(this);
      this.shut(1005, '');
    }, delayMs);
  }

  accept(): void {
    if (this.readyState !== 0) return;
    this.readyState = 1;
    this.onopen?.();
  }

  deliver(frame: Said): void {
    const data = toBinary(ServerFrameSchema, create(ServerFrameSchema, { frame })).slice().buffer;
    setTimeout(() => this.readyState < 3 && this.onmessage?.({ data }), delayMs);
  }

  shut(code: number, reason: string): void {
    if (this.readyState === 3) return;
    this.readyState = 3;
    this.onclose?.({ code, reason });
  }
}
