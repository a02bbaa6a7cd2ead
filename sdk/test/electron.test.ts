import { EventEmitter } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { fromBinary } from '@bufbuild/protobuf';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
// @ts-expect-error It is plain CommonJS, for a process without a bundler.
import main from '../electron/index.js';
import { cutLifeline, handLifeline } from '../src/lifeline';
import { ClientFrameSchema } from '../src/wire/exeunt/v1/signal_pb';
import { enter, World } from './world';

/** A server that speaks as much WebSocket as it takes to hear a goodbye. */
class Listener {
  readonly server: Server = createServer();
  readonly heard: string[] = [];
  protocol: string | undefined;
  mood: 'polite' | 'mute' | 'plain' = 'polite';
  readonly sockets = new Set<Socket>();

  constructor() {
    this.server.on('upgrade', (request, socket: Socket) => {
      this.sockets.add(socket);
      this.protocol = request.headers['sec-websocket-protocol'];
      if (this.mood === 'plain') socket.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n');
      if (this.mood !== 'polite') return;
      socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n');
      let bytes = Buffer.alloc(0);
      socket.on('data', (more: Buffer) => {
        bytes = this.read(Buffer.concat([bytes, more]), socket);
      });
    });
  }

  async open(): Promise<string> {
    await new Promise<void>((ready) => this.server.listen(0, '127.0.0.1', ready));
    return `ws://127.0.0.1:${(this.server.address() as AddressInfo).port}/signal`;
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((closed) => this.server.close(closed));
  }

  private read(bytes: Buffer, socket: Socket): Buffer {
    let rest = bytes;
    for (;;) {
      const short = (rest[1] ?? 0) & 0x7f;
      const head = short === 126 ? 4 : 2;
      const length = short === 126 && rest.length >= 4 ? rest.readUInt16BE(2) : short;
      if (rest.length < 2 || rest.length < head + 4 + length) return rest;
      const mask = rest.subarray(head, head + 4);
      const payload = rest.subarray(head + 4, head + 4 + length).map((byte, i) => byte ^ (mask[i % 4] ?? 0));
      const opcode = (rest[0] ?? 0) & 0x0f;
      this.heard.push(opcode === 8 ? 'close' : (fromBinary(ClientFrameSchema, payload).frame.case ?? ''));
      if (opcode === 8) socket.end();
      rest = rest.subarray(head + 4 + length);
    }
  }
}

class FakeWindow extends EventEmitter {
  readonly webContents = new EventEmitter();
}

class FakeApp extends EventEmitter {
  readonly gone: Promise<void>;
  private go = () => {};

  constructor() {
    super();
    this.gone = new Promise((resolve) => {
      this.go = resolve;
    });
  }

  quit(): void {
    const event = { prevented: false, preventDefault: () => Object.assign(event, { prevented: true }) };
    this.emit('will-quit', event);
    if (!event.prevented) this.go();
  }
}

let listener: Listener;
let address: string;
let window: FakeWindow;
let app: FakeApp;
beforeEach(async () => {
  listener = new Listener();
  address = await listener.open();
  window = new FakeWindow();
  app = new FakeApp();
  main.guardWindow(window);
  main.leaveOnQuit(app);
  vi.stubGlobal('exeuntStay', (stay: unknown) => window.webContents.emit('ipc-message', {}, 'exeunt-stay', stay));
});
afterEach(async () => {
  vi.unstubAllGlobals();
  await listener.close();
});

const room = { sdkAppId: 1400000000, room: { case: 'roomId', value: 7 } } as const;
const stay = (session: string) => ({ ...room, sessionId: session, secret: new Uint8Array(16), device: 'd'.repeat(64) });

test.each([
  ['closed', () => window.emit('closed')],
  ['killed', () => window.webContents.emit('render-process-gone', {}, { reason: 'killed' })],
  ['navigated', () => window.webContents.emit('did-navigate')],
])('E9: a window that is %s leaves by the session secret, and the application quits after it', async (_how, end) => {
  handLifeline(address, stay('s1'));
  end();
  app.quit();
  await app.gone;
  expect(listener.protocol).toBe('exeunt.v1');
  expect(listener.heard).toEqual(['resume', 'exit', 'close']);
});

test('E9: every stay of the window is left; one that is over is not', async () => {
  handLifeline(address, stay('s1'));
  handLifeline(address, stay('s2'));
  handLifeline(address, stay('s3'));
  cutLifeline('s2');
  window.emit('closed');
  app.quit();
  await app.gone;
  expect(listener.heard.filter((word) => word === 'exit')).toHaveLength(2);
});

test('E9 E1: a window that is asked to close, and may refuse, leaves nothing; nor one without a stay', async () => {
  handLifeline(address, stay('s1'));
  window.emit('close');
  cutLifeline('s1');
  window.emit('closed');
  app.quit();
  await app.gone;
  expect(listener.heard).toEqual([]);
});

test.each(['mute', 'plain'] as const)('E9: a %s server holds nobody up for more than a second', async (mood) => {
  listener.mood = mood;
  handLifeline(address, stay('s1'));
  const begun = performance.now();
  window.emit('closed');
  app.quit();
  await app.gone;
  expect(performance.now() - begun).toBeLessThan(1500);
});

test.each(['ws://127.0.0.1:1/signal', 'no address at all'])('E9: %s is no reason to crash', async (wrong) => {
  handLifeline(wrong, stay('s1'));
  window.emit('closed');
  app.quit();
  await app.gone;
});

test('E9: the SDK hands over each stay, and takes it back when it has left', async () => {
  const world = new World();
  const handed: Array<{ session: string; frames: Uint8Array[] | null }> = [];
  vi.stubGlobal('exeuntStay', (lifeline: (typeof handed)[0]) => handed.push(lifeline));
  const { cloud } = await enter(world);
  cloud.exitRoom();
  await world.pass(500);
  expect(handed.map(({ session, frames }) => [session, frames?.length ?? 0])).toEqual([
    ['s1', 2],
    ['s1', 0],
  ]);
  const [frame] = handed[0]?.frames ?? [];
  const { value } = fromBinary(ClientFrameSchema, frame as Uint8Array).frame;
  expect(value).toMatchObject({ sessionId: 's1', secret: new TextEncoder().encode('secret of s1') });
  await world.close();
});

test('E9: a window with Node integration needs no preload script', () => {
  vi.stubGlobal('exeuntStay', undefined);
  const send = vi.fn();
  vi.stubGlobal('process', { ...process, type: 'renderer' });
  vi.stubGlobal('require', () => ({ ipcRenderer: { send } }));
  cutLifeline('s1');
  expect(send).toHaveBeenCalledWith('exeunt-stay', { address: '', session: 's1', frames: null });
});
