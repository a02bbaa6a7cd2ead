import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { TRTCCloud } from '../src/index';
import { ClientFrameSchema, ServerFrameSchema } from '../src/wire/exeunt/v1/signal_pb';
import { type FakeChannel, FakePeer } from './fakeBrowser';
import { enter, World } from './world';

let world: World;
beforeEach(() => {
  world = new World();
  world.server.members = [{ userId: 'anna' }];
});
afterEach(() => world.close());

/** The reliable channel of the latest peer connection. */
function channel(): FakeChannel {
  const found = FakePeer.all.at(-1)?.channels.find(({ label }) => label === 'reliable');
  if (!found) throw new Error('there is no channel');
  return found;
}

/** What went over a channel: the number and the text of each. */
function sent(by = channel()): string[] {
  return by.sent.map((bytes) => {
    const { frame } = fromBinary(ClientFrameSchema, bytes);
    return frame.case === 'sendMessage' ? told(frame.value) : String(frame.case);
  });
}

function told({ number, data }: { number: number; data: Uint8Array }): string {
  return `${number} ${new TextDecoder().decode(data)}`;
}

/** What the server heard over sockets, heartbeats aside, from the `skip`th on. */
function heard(skip = 0): string[] {
  return world.server.heard
    .filter(({ case: kind }) => kind === 'sendMessage' || kind === 'exit' || kind === 'resume')
    .map((frame) => (frame.case === 'sendMessage' ? told(frame.value) : String(frame.case)))
    .slice(skip);
}

/** Sends reliable messages. */
function send(cloud: TRTCCloud, ...texts: string[]): boolean[] {
  return texts.map((text) => cloud.sendCustomCmdMsg(1, text, true, true));
}

/** Acknowledges over a channel. */
function acknowledge(number: number, by = channel()): void {
  const frame = { case: 'messageAck' as const, value: { number } };
  by.onmessage?.({ data: toBinary(ServerFrameSchema, create(ServerFrameSchema, { frame })).slice().buffer });
}

test('what must arrive goes over the channel once it is open, with what was not acknowledged by then', async () => {
  const { cloud } = await enter(world);
  expect(send(cloud, 'one', 'two')).toEqual([true, true]);
  await world.pass(50);
  world.server.tell({ case: 'messageAck', value: { number: 1 } });
  await world.pass(50);
  channel().become('open');
  send(cloud, 'three');
  expect(sent()).toEqual(['2 two', '3 three']);
  acknowledge(3);
  acknowledge(2); // An old answer says nothing.
  send(cloud, 'four');
  acknowledge(4);
  await Promise.all([cloud.exitRoom(), world.pass(1000)]);
  expect(sent()).toHaveLength(3);
  expect(heard()).toEqual(['1 one', '2 two', 'exit']);
  expect(world.left).toEqual([]);
});

test('a goodbye goes over the socket too, in front of the exit', async () => {
  const { cloud } = await enter(world);
  channel().become('open');
  send(cloud, 'one', 'bye');
  acknowledge(1);
  await Promise.all([cloud.exitRoom(), world.pass(1000)]);
  expect(sent()).toEqual(['1 one', '2 bye']);
  expect(heard()).toEqual(['2 bye', 'exit']);
});

test('what a channel that closes may not have brought goes over the socket, with all that comes after it', async () => {
  const { cloud } = await enter(world);
  channel().become('open');
  send(cloud, 'one', 'two', 'three');
  acknowledge(1);
  channel().become('closed');
  send(cloud, 'four');
  await world.pass(50);
  expect(heard()).toEqual(['2 two', '3 three', '4 four']);
  await Promise.all([cloud.exitRoom(), world.pass(1000)]);
  expect(heard(3)).toEqual(['exit']);
});

test('a channel that owes an answer for two seconds is not used any more, and a new one is', async () => {
  const { cloud } = await enter(world);
  channel().become('open');
  send(cloud, 'one', 'two');
  await world.pass(1000);
  acknowledge(1);
  await world.pass(900);
  send(cloud, 'three');
  await world.pass(50);
  expect(heard()).toEqual([]);
  // The two seconds of the first look are over, those of the second not yet.
  await world.pass(1000);
  expect(heard()).toEqual([]);
  await world.pass(1100);
  expect(heard()).toEqual(['2 two', '3 three']);
  send(cloud, 'four');
  expect(sent()).toHaveLength(3);
  world.server.tell({ case: 'messageAck', value: { number: 4 } });
  await world.pass(50);
  const before = channel();
  FakePeer.network = 'blocked';
  FakePeer.all.at(-1)?.fail();
  await world.pass(5200);
  expect(channel()).not.toBe(before);
  channel().become('open');
  send(cloud, 'five');
  expect(sent()).toEqual(['5 five']);
});

test('what went into a socket that broke is said again over the next one, in order', async () => {
  const { cloud } = await enter(world);
  send(cloud, 'one');
  await world.pass(50);
  world.server.tell({ case: 'messageAck', value: { number: 1 } });
  await world.pass(50);
  send(cloud, 'two', 'three');
  world.server.cut();
  await world.pass(3000);
  send(cloud, 'four');
  await world.pass(50);
  const all = heard();
  expect(all.slice(all.indexOf('resume'))).toEqual(['resume', '2 two', '3 three', '4 four']);
});

test('while the socket is lost an open channel takes messages, and what nothing takes is refused', async () => {
  const { cloud } = await enter(world);
  channel().become('open');
  world.server.cut();
  world.server.mood = 'unreachable';
  await world.pass(50);
  expect(send(cloud, 'one')).toEqual([true]);
  expect(sent()).toEqual(['1 one']);
  acknowledge(1);
  channel().become('closed');
  expect(send(cloud, 'two')).toEqual([false]);
  world.server.mood = 'open';
  await world.pass(3000);
  expect(send(cloud, 'three')).toEqual([true]);
  await world.pass(50);
  expect(heard()).toEqual(['resume', '3 three']);
});

test('D2: who leaves while the socket is lost says it behind the return, with what was under way', async () => {
  const { cloud } = await enter(world);
  channel().become('open');
  send(cloud, 'one', 'two');
  acknowledge(1);
  world.server.cut();
  await world.pass(20);
  await Promise.all([cloud.exitRoom(), world.pass(1000)]);
  expect(heard()).toEqual(['resume', '2 two', 'exit']);
  expect(world.left).toEqual([]);
});

test('a server that acknowledges nothing holds nobody up, and costs a bounded number of messages', async () => {
  const { cloud } = await enter(world);
  for (let n = 0; n < 7; n++) {
    expect(send(cloud, ...Array(30).fill('x'))).not.toContain(false);
    await world.pass(1100);
  }
  channel().become('open');
  expect(sent()).toHaveLength(128);
  expect(sent().at(-1)).toBe('210 x');
});
