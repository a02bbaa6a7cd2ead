import { create, toBinary } from '@bufbuild/protobuf';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ServerFrameSchema } from '../src/wire/exeunt/v1/signal_pb';
import { enter, only, World } from './world';

let world: World;
beforeEach(() => {
  world = new World();
});
afterEach(() => world.close());

/** Numbers below n that look random and are the same for the same seed. */
function dice(seed: number): (n: number) => number {
  let state = seed;
  return (n) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state % n;
  };
}

const good = [
  create(ServerFrameSchema, { frame: { case: 'memberEntered', value: { userId: 'ben' } } }),
  create(ServerFrameSchema, { frame: { case: 'memberLeft', value: { userId: 'ben', reason: 2 } } }),
  create(ServerFrameSchema, {
    frame: { case: 'streamChanged', value: { userId: 'ben', stream: 2, published: true } },
  }),
  create(ServerFrameSchema, { frame: { case: 'slotBound', value: { mid: '3', userId: 'ben', stream: 2 } } }),
  create(ServerFrameSchema, { frame: { case: 'answer', value: { id: 1, sdp: 'answer' } } }),
  create(ServerFrameSchema, { frame: { case: 'problem', value: { code: -1, message: 'no' } } }),
].map((frame) => toBinary(ServerFrameSchema, frame));

/** A good frame with some bytes changed, cut off or added. */
function strange(roll: (n: number) => number): ArrayBuffer {
  const bytes = [...(good[roll(good.length)] as Uint8Array)];
  for (let n = roll(4); n >= 0; n--) {
    const at = roll(bytes.length + 1);
    bytes.splice(at, roll(3), ...Array.from({ length: roll(3) }, () => roll(256)));
  }
  return new Uint8Array(bytes).buffer;
}

test.each([1, 2, 3, 4])('strange frames hang nothing: one exit, and nothing is left, seed %i', async (seed) => {
  const roll = dice(seed);
  const { cloud, heard } = await enter(world);
  for (let n = 0; n < 200; n++) {
    world.server.sockets.at(-1)?.onmessage?.({ data: strange(roll) });
    await world.pass(roll(100));
  }
  cloud.exitRoom();
  await world.pass(1000);
  expect(only(heard, 'onExitRoom')).toHaveLength(1);
  expect(world.left).toEqual([]);
});
