import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { TRTCAppScene, TRTCCloud } from '../src/index';
import { ClientFrameSchema, ServerFrameSchema } from '../src/wire/exeunt/v1/signal_pb';
import { type FakeChannel, FakePeer } from './fakeBrowser';
import { enter, only, ticket, World } from './world';

let world: World;
beforeEach(() => {
  world = new World();
  world.server.members = [{ userId: 'anna' }, { userId: 'ben' }];
});
afterEach(() => world.close());

/** A channel of the latest peer connection. */
function channel(label: 'reliable' | 'lossy'): FakeChannel {
  const found = FakePeer.all.at(-1)?.channels.find((each) => each.label === label);
  if (!found) throw new Error(`there is no ${label} channel`);
  return found;
}

let reliable = 0;
beforeEach(() => {
  reliable = 0;
});

/** Brings a message of anna's over a channel. */
function bring(text: string, by = channel('reliable'), seq = 0n): void {
  const data = new TextEncoder().encode(text);
  const value = { userId: 'anna', cmdId: 1, seq: 1, data, reliable: by.label === 'lossy' ? 0 : ++reliable };
  const frame = { case: 'messageReceived' as const, value };
  by.onmessage?.({ data: toBinary(ServerFrameSchema, create(ServerFrameSchema, { seq, frame })).slice().buffer });
}

/** Brings one over the socket. */
function tell(text: string): void {
  const data = new TextEncoder().encode(text);
  world.server.tell({
    case: 'messageReceived',
    value: { userId: 'anna', cmdId: 1, seq: 1, data, reliable: ++reliable },
  });
}

function turn(open: boolean, said: Array<{ userId: string; cmdId: number; reliable: number }> = []): void {
  world.server.tell({ case: 'messageChannel', value: { open, said } });
}

type All = Awaited<ReturnType<typeof enter>>['heard'];

const texts = (heard: All) => only(heard, 'onRecvCustomCmdMsg').map(([, , , text]) => text);

test('an application that shows no use of messages has no channel', async () => {
  const cloud = new TRTCCloud();
  cloud.enterRoom(ticket(), TRTCAppScene.TRTCAppSceneVideoCall);
  await world.pass(50);
  expect(FakePeer.all.at(-1)?.channels).toEqual([]);
  expect(cloud.sendCustomCmdMsg(1, 'x', false, false)).toBe(true);
  await world.pass(50);
  expect(world.server.said('sendMessage')).toHaveLength(1);
  await Promise.all([cloud.exitRoom(), world.pass(1000)]);
  // Now it has shown it.
  cloud.enterRoom(ticket(), TRTCAppScene.TRTCAppSceneVideoCall);
  await world.pass(50);
  expect(FakePeer.all.at(-1)?.channels.map(({ label, init }) => [label, init.id, init.ordered])).toEqual([
    ['reliable', 0, undefined],
    ['lossy', 1, false],
  ]);
});

test('what the channel brings waits for the word on the socket, and for the events before it', async () => {
  const { heard } = await enter(world);
  tell('one');
  bring('two');
  bring('three', channel('reliable'), 5n);
  bring('any time', channel('lossy'));
  await world.pass(50);
  expect(texts(heard)).toEqual(['any time', 'one']);
  turn(true);
  await world.pass(50);
  expect(texts(heard)).toEqual(['any time', 'one', 'two']);
  world.server.tell({ case: 'memberEntered', value: { userId: 'cid' } }, 5n);
  await world.pass(50);
  expect(texts(heard)).toEqual(['any time', 'one', 'two', 'three']);
  const order = heard.filter(([event, user]) => event === 'onRemoteUserEnterRoom' && user === 'cid');
  expect(heard.indexOf(order[0] as (typeof heard)[number])).toBe(heard.length - 3);
  await world.pass(10_000);
  expect(only(heard, 'onMissCustomCmdMsg')).toEqual([]);
});

test('messages arrive while the socket is lost, and go on after the return', async () => {
  const { cloud, heard } = await enter(world);
  turn(true);
  await world.pass(50);
  bring('one');
  world.server.cut();
  world.server.mood = 'unreachable';
  await world.pass(50);
  bring('two');
  await world.pass(50);
  expect(only(heard, 'onConnectionLost')).toHaveLength(1);
  expect(texts(heard)).toEqual(['one', 'two']);
  expect(cloud.sendCustomCmdMsg(1, 'x', false, false)).toBe(false);
  world.server.mood = 'open';
  world.server.resumed = { media: true, rights: 255, said: [{ userId: 'anna', cmdId: 1, reliable: 2 }] };
  await world.pass(3000);
  bring('three');
  await world.pass(50);
  expect(texts(heard)).toEqual(['one', 'two']);
  turn(true);
  await world.pass(50);
  expect(texts(heard)).toEqual(['one', 'two', 'three']);
  await world.pass(10_000);
  expect(only(heard, 'onMissCustomCmdMsg')).toEqual([]);
});

test('when the channel ends, what it brought is told first, and what it lost is counted', async () => {
  const { heard } = await enter(world);
  turn(true);
  await world.pass(50);
  bring('one', channel('reliable'), 9n);
  reliable += 2; // These were on their way.
  turn(false, [{ userId: 'anna', cmdId: 1, reliable: 3 }]);
  await world.pass(50);
  bring('late');
  reliable -= 1;
  tell('four');
  await world.pass(50);
  turn(true);
  await world.pass(50);
  expect(texts(heard)).toEqual(['one', 'four']);
  await world.pass(10_000);
  expect(only(heard, 'onMissCustomCmdMsg')).toEqual([['anna', 1, -1, 2]]);
});

test('a new peer connection has channels of its own, which wait for their own word', async () => {
  const { heard } = await enter(world);
  turn(true);
  await world.pass(50);
  const before = channel('reliable');
  FakePeer.network = 'blocked';
  FakePeer.all.at(-1)?.fail();
  await world.pass(5200);
  expect(channel('reliable')).not.toBe(before);
  // The server ends the old one when it hears of the new one.
  turn(false);
  bring('one');
  bring('of old', before);
  await world.pass(50);
  expect(texts(heard)).toEqual([]);
  turn(true);
  await world.pass(50);
  expect(texts(heard)).toEqual(['one']);
});

test('what may be lost goes over its channel, and what may not over the socket while its own is not open', async () => {
  const { cloud } = await enter(world);
  expect(cloud.sendCustomCmdMsg(1, 'before it is open', false, false)).toBe(true);
  channel('lossy').readyState = 'open';
  expect(cloud.sendCustomCmdMsg(2, 'perhaps', false, false)).toBe(true);
  expect(cloud.sendCustomCmdMsg(3, 'surely', true, true)).toBe(true);
  await world.pass(50);
  expect(world.server.said('sendMessage').map(({ cmdId }) => cmdId)).toEqual([1, 3]);
  const [sent] = channel('lossy').sent.map((bytes) => fromBinary(ClientFrameSchema, bytes).frame);
  expect(sent).toMatchObject({ case: 'sendMessage', value: { cmdId: 2, reliable: false, ordered: false } });
  // Where too much waits, it is lost, and that is no failure.
  channel('lossy').bufferedAmount = 16 * 1024;
  expect(cloud.sendCustomCmdMsg(4, 'too much', false, false)).toBe(true);
  await world.pass(50);
  expect(channel('lossy').sent).toHaveLength(1);
  expect(world.server.said('sendMessage')).toHaveLength(2);
});

test('the limits hold for both ways together', async () => {
  const { cloud } = await enter(world);
  channel('lossy').readyState = 'open';
  for (let n = 0; n < 30; n++) expect(cloud.sendCustomCmdMsg(1, 'x', n % 2 === 0, n % 2 === 0)).toBe(true);
  expect(cloud.sendCustomCmdMsg(1, 'x', false, false)).toBe(false);
  expect(cloud.sendCustomCmdMsg(1, 'x', true, true)).toBe(false);
});

test('nothing is told after the exit, and what cannot be read is passed over', async () => {
  const { cloud, heard } = await enter(world);
  turn(true);
  await world.pass(50);
  const by = channel('reliable');
  by.onmessage?.({ data: new Uint8Array([255, 1, 2]).buffer });
  bring('one', by);
  await world.pass(50);
  expect(texts(heard)).toEqual(['one']);
  const gone = cloud.exitRoom();
  bring('late', by);
  await Promise.all([gone, world.pass(1000)]);
  expect(texts(heard)).toEqual(['one']);
  expect(world.left).toEqual([]);
});

test('however much comes too early, a bounded part of it is kept', async () => {
  const { heard } = await enter(world);
  for (let n = 0; n < 1030; n++) bring(String(n));
  turn(true);
  await world.pass(50);
  expect(texts(heard)).toHaveLength(1024);
  expect(texts(heard)[0]).toBe('6');
  await world.pass(6000);
  expect(only(heard, 'onMissCustomCmdMsg')).toEqual([['anna', 1, -1, 6]]);
});
