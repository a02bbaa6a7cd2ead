import { afterEach, beforeEach, expect, test } from 'vitest';
import { TRTCAppScene } from '../src/index';
import { Stream } from '../src/wire/exeunt/v1/signal_pb';
import { enter, only, ticket, World } from './world';

let world: World;
beforeEach(() => {
  world = new World();
});
afterEach(() => world.close());

const ben = { userId: 'ben' };

test('B2: a leave that is said twice is told once, and who comes again is told again', async () => {
  const { heard } = await enter(world);
  const left = { case: 'memberLeft' as const, value: { userId: 'ben', reason: 0 } };
  world.server.tell({ case: 'memberEntered', value: ben });
  world.server.tell(left);
  world.server.tell(left);
  world.server.tell({ case: 'memberEntered', value: ben });
  await world.pass(50);
  expect(only(heard, 'onRemoteUserLeaveRoom')).toHaveLength(1);
  expect(only(heard, 'onRemoteUserEnterRoom')).toEqual([['ben'], ['ben']]);
});

test('a mute ends with its stay: the next one begins with a sound that the others hear', async () => {
  const { cloud } = await enter(world);
  cloud.startLocalAudio();
  cloud.muteLocalAudio(true);
  await world.pass(50);
  cloud.exitRoom();
  await world.pass(500);
  cloud.enterRoom(ticket(), TRTCAppScene.TRTCAppSceneVideoCall);
  cloud.startLocalAudio();
  await world.pass(500);
  expect(world.server.said('publish').at(-1)).toMatchObject({ stream: Stream.AUDIO, muted: false });
});

test('B1: whoever is missing from the whole list of a return has left, although no word of it is kept', async () => {
  world.server.members = [ben, { userId: 'carl' }];
  const { heard } = await enter(world);
  heard.length = 0;
  world.server.cut();
  world.server.resumed = { whole: true, media: true, rights: 255, members: [ben], seq: 40n };
  await world.pass(1000);
  expect(only(heard, 'onRemoteUserLeaveRoom')).toEqual([['carl', 0, expect.objectContaining({ code: 'left' })]]);
});
