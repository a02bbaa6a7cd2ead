import { afterEach, beforeEach, expect, test } from 'vitest';
import { Stream } from '../src/wire/exeunt/v1/signal_pb';
import { FakePeer } from './fakeBrowser';
import { enter, only, World } from './world';

let world: World;
beforeEach(() => {
  world = new World();
});
afterEach(() => world.close());

const first = () => FakePeer.all[0] as FakePeer;
const offers = () => world.server.said('offer').map(({ sdp, fresh }) => `${sdp.split(' ')[0]}${fresh ? ' fresh' : ''}`);
const connection = ['onConnectionLost', 'onTryToReconnect', 'onConnectionRecovery'];

test('L4: media that fails while signalling is fine: an ICE restart at once, and nobody leaves', async () => {
  const { heard } = await enter(world);
  first().fail();
  await world.pass(50);
  expect(heard.slice(1).map(([event]) => event)).toEqual(connection);
  expect(offers()).toEqual(['restart']);
  expect(world.server.sockets).toHaveLength(1);
  expect(world.server.said('enter')).toHaveLength(1);
});

test('E11: a way that is interrupted for a moment is left alone; one that stays so is looked for anew', async () => {
  const { heard } = await enter(world);
  first().turn('disconnected');
  await world.pass(500);
  first().turn('connected');
  await world.pass(5000);
  expect(offers()).toEqual([]);
  expect(only(heard, 'onConnectionLost')).toEqual([]);
  first().turn('disconnected');
  await world.pass(1100);
  expect(offers()).toEqual(['restart']);
});

test('E11: restart, new peer connection, new session: each rung has its time, and the tracks move along', async () => {
  const { cloud, heard } = await enter(world);
  cloud.startLocalAudio();
  cloud.startRemoteView('anna', null);
  world.server.tell({ case: 'memberEntered', value: { userId: 'anna' } });
  world.server.tell({ case: 'slotBound', value: { mid: '9', userId: 'anna', stream: Stream.BIG } });
  await world.pass(500);
  FakePeer.network = 'blocked';
  first().fail();
  await world.pass(4900);
  expect(offers()).toEqual(['restart']);
  await world.pass(200);
  expect(offers()).toEqual(['restart', 'offer fresh']);
  const [old, fresh] = FakePeer.all;
  expect(old?.connectionState).toBe('closed');
  expect(fresh?.lines.map(({ direction }) => direction)).toEqual(old?.lines.map(({ direction }) => direction));
  expect(fresh?.lines[0]?.sent.at(-1)).toBe(old?.lines[0]?.sent.at(-1));
  expect(world.server.said('publish').at(-1)).toMatchObject({ stream: Stream.AUDIO, mid: '0' });
  await world.pass(7900);
  expect(world.server.said('enter')).toHaveLength(1);
  await world.pass(500);
  expect(world.server.said('enter')[1]).toMatchObject({ resumeSessionId: 's1', userId: 'me' });
  expect(only(heard, 'onConnectionRecovery')).toEqual([]);
  FakePeer.network = 'works';
  FakePeer.all.at(-1)?.turn('connected');
  await world.pass(50);
  expect(only(heard, 'onConnectionRecovery')).toHaveLength(1);
  expect(only(heard, 'onConnectionLost')).toHaveLength(1);
  expect(only(heard, 'onEnterRoom')).toHaveLength(1);
  expect(world.server.present).toBe(1);
});

test('E11: a new peer connection shows the others on its own receivers', async () => {
  const { cloud } = await enter(world);
  world.server.tell({ case: 'memberEntered', value: { userId: 'anna' } });
  world.server.tell({ case: 'slotBound', value: { mid: '3', userId: 'anna', stream: Stream.AUDIO } });
  await world.pass(50);
  FakePeer.network = 'blocked';
  first().fail();
  await world.pass(5100);
  const { session } = cloud as unknown as { session: { receiver: { sounds(): Array<[string, unknown]> } } };
  expect(session.receiver.sounds().map(([user, receiver]) => [user, receiver])).toEqual([
    ['anna', FakePeer.all[1]?.lines[3]?.receiver],
  ]);
});

test('J13: a server that has lost the transport is offered a new one as soon as the socket is back', async () => {
  const { heard } = await enter(world);
  world.server.resumed = { media: false, rights: 255 };
  world.server.cut();
  await world.pass(1000);
  expect(offers()).toEqual(['offer fresh']);
  expect(heard.slice(1).map(([event]) => event)).toEqual(connection);
  expect(world.server.said('enter')).toHaveLength(1);
});

test('D11: a socket that flaps while media is only just connecting costs media nothing', async () => {
  FakePeer.network = 'blocked';
  await enter(world);
  first().turn('connecting');
  world.server.cut();
  await world.pass(1000);
  first().turn('connected');
  await world.pass(20_000);
  expect(offers()).toEqual([]);
  expect(FakePeer.all).toHaveLength(1);
});

test('an offer whose answer was lost with the socket is made again', async () => {
  await enter(world);
  world.server.mood = 'silent';
  world.server.tell({ case: 'slotsNeeded', value: { audio: 0, video: 2 } });
  await world.pass(50);
  world.server.mood = 'open';
  world.server.cut();
  await world.pass(1000);
  expect(world.server.said('offer').map(({ id }) => id)).toEqual([1, 2]);
  world.server.tell({ case: 'slotsNeeded', value: { audio: 0, video: 1 } });
  await world.pass(50);
  expect(world.server.said('offer').map(({ id }) => id)).toEqual([1, 2, 3]);
  expect(first().lines).toHaveLength(16);
});

test('media that never gets through is tried ever on, but never in a storm', async () => {
  FakePeer.network = 'blocked';
  const { heard } = await enter(world);
  await world.pass(9000);
  expect(offers()).toEqual([]);
  for (let second = 0; second < 120; second++) {
    FakePeer.all.find((peer) => peer.connectionState !== 'closed')?.fail();
    await world.pass(1000);
  }
  const tries = world.server.said('enter').length + world.server.said('offer').length;
  expect(tries).toBeGreaterThan(10);
  expect(tries).toBeLessThan(60);
  expect(only(heard, 'onConnectionLost')).toHaveLength(1);
  expect(only(heard, 'onExitRoom')).toEqual([]);
});

// The first moment of each rung, the wait for its answer, and the socket of the new session.
test.each([0, 3, 8, 4000, 5003, 5010, 9000, 13_010, 13_200, 13_215])(
  'D1 D2: exitRoom wins %i ms up the ladder',
  async (ms) => {
    const { cloud, heard } = await enter(world);
    cloud.startLocalPreview(null);
    await world.pass(50);
    FakePeer.network = 'blocked';
    first().fail();
    await world.pass(ms);
    cloud.exitRoom();
    await world.pass(500);
    expect(only(heard, 'onExitRoom')).toEqual([[0, expect.objectContaining({ code: 'left' })]]);
    expect(world.left).toEqual([]);
    const words = world.server.heard.length;
    await world.pass(60_000);
    expect(world.server.heard).toHaveLength(words);
    expect(world.server.present).toBe(0);
  },
);
