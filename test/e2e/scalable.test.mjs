// One stream in several sizes: a camera in VP9 or AV1, of which each listener gets the layers that it asks for.
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

/** Goes over to a size, and says how long the longest pause was until the picture has that width. */
function changes(member, user, type, least, most) {
  return member.page.evaluate(
    async ([u, t, a, b]) => {
      const video = window.room.view(`${u}-0`).querySelector('video');
      window.room.cloud.setRemoteVideoStreamType(u, t);
      let [frames, since, pause, after] = [await window.room.frames(u), performance.now(), 0, 0];
      // A few moments longer than it takes, so that a picture that stops behind the change is seen to.
      for (let n = 0; n < 600 && after < 75; n++) {
        await window.ledger.moment();
        const now = await window.room.frames(u);
        pause = Math.max(pause, performance.now() - since);
        if (now !== frames) [frames, since] = [now, performance.now()];
        if (video.videoWidth >= a && video.videoWidth <= b) after++;
      }
      return { width: video.videoWidth, pause: Math.round(pause) };
    },
    [user, type, least, most],
  );
}

for (const codec of ['VP9', 'AV1']) {
  test(`of a camera in ${codec} each listener gets the size that it asks for, without a pause`, async (t) => {
    const room = stage.room();
    const [ann, ben, cid] = await stage.members(t, 'ann', 'ben', 'cid');
    await ann.page.evaluate((name) => window.room.configure({ codec: name }), codec);
    for (const member of [ann, ben, cid]) await member.enter({ room });
    await ann.page.evaluate(() =>
      window.room.cloud.setVideoEncoderParam({ videoResolution: 112, videoBitrate: 1200, videoFps: 15 }),
    );
    await ann.publish();
    await Promise.all([ben.receives('ann'), cid.receives('ann')]);
    await Promise.all([ben.sees('ann', 640, 1280), cid.sees('ann', 640, 1280)]);
    for (const [type, least, most] of [
      [small, 1, 320],
      [big, 640, 1280],
      [small, 1, 320],
      [big, 640, 1280],
    ]) {
      const { width, pause } = await changes(ben, 'ann', type, least, most);
      t.diagnostic(`${width} wide, longest pause ${pause} ms`);
      assert.ok(width >= least && width <= most, `asked for ${type}, the picture is ${width} wide`);
      assert.ok(pause < 1000, `the picture stood still for ${pause} ms`);
      const other = await cid.page.evaluate(() => window.room.view('ann-0').querySelector('video').videoWidth);
      assert.ok(other >= 640, `the other one still sees the big picture, and not ${other}`);
    }
    const codecs = await ben.page.evaluate(() => window.ledger.codecs());
    assert.deepEqual(codecs, [`video/${codec}`], 'decoded codecs');
  });
}
