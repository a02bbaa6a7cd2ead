import { afterEach, beforeEach, expect, test } from 'vitest';
import { FakePeer } from './fakeBrowser';
import { enter, only, World } from './world';

const relay = (username: string) => ({
  urls: ['turn:relay.example:3478?transport=udp'],
  username,
  credential: 'secret',
});

let world: World;
beforeEach(() => {
  world = new World();
  world.server.policy = { iceServers: [relay('ann')] };
});
afterEach(() => world.close());

const offers = () => world.server.said('offer').map(({ sdp, fresh }) => `${sdp.split(' ')[0]}${fresh ? ' fresh' : ''}`);

test('L3: where nothing gets through to the server, media goes through TURN, and no loss is told', async () => {
  FakePeer.network = 'relayed';
  const { heard } = await enter(world);
  expect(FakePeer.all[0]?.searched).toEqual([]);
  await world.pass(1900);
  expect(offers()).toEqual([]);
  await world.pass(200);
  expect(offers()).toEqual(['restart']);
  expect(FakePeer.all[0]?.searched).toEqual([relay('ann')]);
  expect(FakePeer.all[0]?.connectionState).toBe('connected');
  await world.pass(20_000);
  expect(offers()).toEqual(['restart']);
  expect(FakePeer.all).toHaveLength(1);
  expect(only(heard, 'onConnectionLost')).toEqual([]);
});

test('a way that is found by itself asks for no relay, not even when there are more slots', async () => {
  await enter(world);
  world.server.tell({ case: 'slotsNeeded', value: { audio: 1, video: 1 } });
  await world.pass(20_000);
  expect(offers()).toEqual(['offer']);
  expect(FakePeer.all[0]?.getConfiguration().iceServers).toEqual([]);
});

test('a way that breaks later is looked for through TURN too, by a new peer connection as well', async () => {
  await enter(world);
  FakePeer.network = 'blocked';
  FakePeer.all[0]?.fail();
  await world.pass(5100);
  expect(offers()).toEqual(['restart', 'offer fresh']);
  expect(FakePeer.all.map(({ searched }) => searched)).toEqual([[relay('ann')], [relay('ann')]]);
});

test('a server that has started anew gives new credentials, and they are used', async () => {
  await enter(world);
  world.server.resumed = { media: false, rights: 255, iceServers: [relay('ann again')] };
  world.server.cut();
  await world.pass(1000);
  expect(offers()).toEqual(['offer fresh']);
  expect(FakePeer.all.at(-1)?.searched).toEqual([relay('ann again')]);
});

test('where the server has no relay, nothing is tried beside the straight way', async () => {
  world.server.policy = {};
  FakePeer.network = 'blocked';
  await enter(world);
  await world.pass(9900);
  expect(offers()).toEqual([]);
});
