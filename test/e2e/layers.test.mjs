// One camera in several sizes: each listener gets the one that it asks for, and the camera's page encodes no other.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openStage } from './harness/stage.mjs';

let stage;
before(async () => {
  stage = await openStage();
});
after(() => stage.close());

const big = 0;
const small = 1;

// Widths: of the big picture at least and at most, and of the small one at most.
const atLeast = 640;
const atMost = 1280;
const smallest = 320;

/** How wide the picture is that a member sees of a user. */
function width(member, user) {
  return member.page.evaluate((u) => window.room.view(`${u}-0`).querySelector('video')?.videoWidth ?? 0, user);
}

test('a small picture is sent to whoever asks for it, and encoded only as long as somebody does', async (t) => {
  const room = stage.room();
  const [ann, ben, cid] = await stage.members(t, 'ann', 'ben', 'cid');
  for (const member of [ann, ben, cid]) await member.enter({ room });
  await ann.page.evaluate(() => {
    window.room.cloud.setVideoEncoderParam({ videoResolution: 112, videoBitrate: 1200, videoFps: 15 });
    window.room.cloud.enableSmallVideoStream(true, { videoResolution: 104, videoBitrate: 150, videoFps: 15 });
  });
  await ann.publish();
  await Promise.all([ben.receives('ann'), cid.receives('ann')]);
  // A browser begins small, and grows with what it learns of its path.
  await Promise.all([ben.sees('ann', atLeast, atMost), cid.sees('ann', atLeast, atMost)]);
  await ann.encodes('h');

  await ben.page.evaluate((type) => window.room.cloud.setRemoteVideoStreamType('ann', type), small);
  await ben.sees('ann', 1, smallest);
  await ben.moves('ann');
  assert.ok((await width(cid, 'ann')) >= atLeast, 'the other one still sees the big picture');
  await ann.encodes('h', 'l');

  await cid.page.evaluate((type) => window.room.cloud.setRemoteVideoStreamType('ann', type), small);
  await cid.sees('ann', 1, smallest);
  await ann.encodes('l');

  await ben.page.evaluate((type) => window.room.cloud.setRemoteVideoStreamType('ann', type), big);
  await ben.sees('ann', atLeast, atMost);
  await ben.moves('ann');
  await ann.encodes('h', 'l');
});

test('a picture that changes its size two hundred times hardly ever stands still for a second', async (t) => {
  const room = stage.room();
  const [ann, ben] = await stage.members(t, 'ann', 'ben');
  for (const member of [ann, ben]) await member.enter({ room });
  await ann.publish();
  await ben.receives('ann');
  const pauses = await ben.page.evaluate(async () => {
    const frames = () => window.room.frames('ann');
    const gaps = [];
    let last = await frames();
    let since = performance.now();
    for (let i = 0; i < 200; i++) {
      window.room.cloud.setRemoteVideoStreamType('ann', i % 2);
      for (let n = 0; n < 8; n++) {
        await window.ledger.moment();
        const now = await frames();
        if (now === last) continue;
        gaps.push(performance.now() - since);
        since = performance.now();
        last = now;
      }
    }
    return [...gaps, performance.now() - since].filter((gap) => gap > 1000);
  });
  t.diagnostic(`pauses of over a second: ${JSON.stringify(pauses.map(Math.round))}`);
  // Two encoders and two decoders in software share a small machine with whatever else it does: it may lose its breath
  // once. A layer that does not come would be a pause at every second change.
  assert.ok(pauses.length <= 2 && Math.max(0, ...pauses) < 3000, `the picture stood still for ${pauses} ms`);
});
