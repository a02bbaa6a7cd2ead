import { afterEach, beforeEach, expect, test } from 'vitest';
import { exits } from '../src/codes';
import { Stream } from '../src/wire/exeunt/v1/signal_pb';
import { FakePeer } from './fakeBrowser';
import { enter, only, World } from './world';

let world: World;
beforeEach(() => {
  world = new World();
});
afterEach(() => world.close());

const anna = { userId: 'anna', streams: [{ stream: Stream.BIG }] };
const ben = { userId: 'ben', streams: [] };
const lastWord = (code: keyof typeof exits) =>
  ({ case: 'exited', value: { reason: exits[code].self, detail: { code, actor: 'api:k' } } }) as const;

test('a lost socket is mended: lost, tried, recovered; streams and wishes are told anew', async () => {
  world.server.members = [anna];
  const { cloud, heard } = await enter(world);
  cloud.startLocalAudio();
  cloud.startRemoteView('anna', null, 2);
  await world.pass(500);
  heard.length = 0;
  world.server.cut();
  await world.pass(1000);
  expect(heard.map(([event]) => event)).toEqual(['onConnectionLost', 'onTryToReconnect', 'onConnectionRecovery']);
  expect(world.server.said('enter').map((said) => said.resumeSessionId)).toEqual(['', 's1']);
  expect(world.server.said('publish')).toHaveLength(2);
  expect(world.server.said('subscribe')).toHaveLength(2);
  expect(FakePeer.all.filter((peer) => peer.connectionState !== 'closed')).toHaveLength(1);
});

test('TRTC: reconnecting never gives up, and its pace slows down', async () => {
  const { cloud, heard } = await enter(world);
  world.server.mood = 'unreachable';
  world.server.cut();
  await world.pass(10 * 60_000);
  const tries = only(heard, 'onTryToReconnect').length;
  expect(tries).toBeGreaterThan(60);
  expect(tries).toBeLessThan(140);
  expect(only(heard, 'onConnectionLost')).toHaveLength(1);
  world.server.mood = 'open';
  await world.pass(20_000);
  expect(only(heard, 'onConnectionRecovery')).toHaveLength(1);
  cloud.exitRoom();
  await world.pass(500);
  expect(world.left).toEqual([]);
});

test.each([0, 100, 305, 312, 5000])('D2: exitRoom wins %i ms into a reconnection', async (ms) => {
  const { cloud, heard } = await enter(world);
  world.server.mood = ms > 1000 ? 'unreachable' : 'open';
  world.server.cut();
  await world.pass(ms);
  cloud.exitRoom();
  await world.pass(500);
  world.server.mood = 'open';
  await world.pass(5 * 60_000);
  expect(only(heard, 'onExitRoom')).toEqual([[0, expect.objectContaining({ code: 'left' })]]);
  expect(world.server.present).toBe(0);
  expect(world.left).toEqual([]);
});

test('B1 B5: who left while the connection was lost leaves now, and nobody else does', async () => {
  world.server.members = [anna, ben];
  const { heard } = await enter(world);
  heard.length = 0;
  world.server.cut();
  world.server.members = [ben, { userId: 'carl', streams: [] }];
  await world.pass(1000);
  expect(heard.slice(2)).toEqual([
    ['onConnectionRecovery'],
    ['onUserVideoAvailable', 'anna', 0],
    ['onRemoteUserLeaveRoom', 'anna', 0, expect.objectContaining({ code: 'left' })],
    ['onUserExit', 'anna', 0],
    ['onRemoteUserEnterRoom', 'carl'],
    ['onUserEnter', 'carl'],
  ]);
  // The next delta is a delta.
  heard.length = 0;
  world.server.tell({ case: 'memberEntered', value: { userId: 'dora' } });
  await world.pass(50);
  expect(heard.map(([event, user]) => [event, user])).toEqual([
    ['onRemoteUserEnterRoom', 'dora'],
    ['onUserEnter', 'dora'],
  ]);
});

test('B6: no list and no strange word puts anybody out but an explicit exit', async () => {
  const { heard } = await enter(world);
  world.server.tell({ case: 'memberLeft', value: { userId: 'me', reason: 2 } });
  world.server.tell({ case: 'slotUnbound', value: { mid: '99' } });
  world.server.tell({ case: 'slotBound', value: { mid: '99', userId: 'anna', stream: Stream.BIG } });
  world.server.tell({ case: 'problem', value: { code: -102016, message: 'somebody shares already' } });
  world.server.tell({ case: 'problem', value: { code: 5103, message: 'busy' } });
  await world.pass(1000);
  expect(heard.slice(1)).toEqual([
    ['onError', -102016, 'somebody shares already'],
    ['onWarning', 5103, 'busy', null],
  ]);
  expect(world.server.present).toBe(1);
});

test.each(['removed', 'dismissed', 'replaced', 'banned'] as const)(
  'F2 D10 D13: a stay that was %s meanwhile ends with that reason',
  async (code) => {
    const { heard } = await enter(world);
    world.server.lastWord = lastWord(code);
    world.server.cut();
    await world.pass(5 * 60_000);
    expect(only(heard, 'onExitRoom')).toEqual([[exits[code].self, expect.objectContaining({ code, actor: 'api:k' })]]);
    expect(world.server.said('enter')).toHaveLength(2);
    expect(world.left).toEqual([]);
  },
);

test.each(['drained', 'too_slow', 'timed_out', 'node_lost'] as const)(
  '%s: the SDK comes back by itself',
  async (code) => {
    const { heard } = await enter(world);
    world.server.end(code);
    await world.pass(1000);
    expect(only(heard, 'onConnectionRecovery')).toHaveLength(1);
    expect(only(heard, 'onExitRoom')).toEqual([]);
    expect(world.server.present).toBe(1);
  },
);

test('D9 H1: a return that is refused ends the stay with 3, and frees everything', async () => {
  const { cloud, heard } = await enter(world);
  cloud.startLocalPreview(null);
  await world.pass(50);
  world.server.mood = 'refusing';
  world.server.cut();
  await world.pass(5000);
  expect(only(heard, 'onExitRoom')).toEqual([
    [3, expect.objectContaining({ code: 'refused', text: 'the UserSig is wrong' })],
  ]);
  expect(only(heard, 'onError')).toHaveLength(1);
  expect(world.left).toEqual([]);
});

test('a server that only starts up is no reason to leave', async () => {
  const { heard } = await enter(world);
  world.server.mood = 'refusing';
  world.server.refusal = { code: -7, message: 'the server is stopping' };
  world.server.cut();
  await world.pass(5000);
  world.server.mood = 'open';
  await world.pass(20_000);
  expect(only(heard, 'onExitRoom')).toEqual([]);
  expect(only(heard, 'onConnectionRecovery')).toHaveLength(1);
});

test('L5: a server that falls silent is noticed, although its socket stays open', async () => {
  const { heard } = await enter(world);
  world.server.mood = 'silent';
  await world.pass(5000);
  expect(only(heard, 'onConnectionLost')).toHaveLength(1);
  world.server.mood = 'open';
  await world.pass(20_000);
  expect(only(heard, 'onConnectionRecovery')).toHaveLength(1);
});

test('L4: media that fails is a lost connection, although signalling is alive', async () => {
  const { heard } = await enter(world);
  FakePeer.all[0]?.fail();
  await world.pass(1000);
  expect(heard.map(([event]) => event).slice(1)).toEqual([
    'onConnectionLost',
    'onTryToReconnect',
    'onConnectionRecovery',
  ]);
  expect(FakePeer.all.map((peer) => peer.connectionState)).toEqual(['closed', 'connected']);
});

test('L4: where media never gets through, the SDK comes back ever more slowly', async () => {
  const { heard } = await enter(world);
  for (let second = 0; second < 120; second++) {
    FakePeer.all.find((peer) => peer.connectionState === 'connected')?.fail();
    await world.pass(1000);
  }
  expect(only(heard, 'onConnectionRecovery').length).toBeLessThan(25);
});

test('D12: a socket that hangs in closing delays nothing, and is heard no more', async () => {
  const { heard } = await enter(world);
  const [old] = world.server.sockets;
  world.server.mood = 'silent';
  await world.pass(5000);
  world.server.mood = 'open';
  await world.pass(10_000);
  old?.deliver(lastWord('removed'));
  old?.shut(4501, '');
  await world.pass(1000);
  expect(only(heard, 'onExitRoom')).toEqual([]);
  expect(only(heard, 'onConnectionRecovery')).toHaveLength(1);
});
