// Pictures in every codec that the browser sends: forwarded as they are, when both ends have it.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openStage } from './harness/stage.mjs';

let stage;
before(async () => {
  stage = await openStage();
});
after(() => stage.close());

/** Makes the page offer one codec before all others, as an application may. */
function prefer(member, codec) {
  return member.page.evaluate((wanted) => {
    const { addTransceiver } = RTCPeerConnection.prototype;
    RTCPeerConnection.prototype.addTransceiver = function (kind, init) {
      const transceiver = addTransceiver.call(this, kind, init);
      if (kind === 'video') {
        const all = RTCRtpReceiver.getCapabilities('video').codecs;
        const first = all.filter(({ mimeType }) => mimeType === wanted);
        transceiver.setCodecPreferences([...first, ...all.filter(({ mimeType }) => mimeType !== wanted)]);
      }
      return transceiver;
    };
  }, codec);
}

for (const codec of ['video/VP8', 'video/H264', 'video/VP9', 'video/AV1']) {
  test(`${codec} arrives as ${codec}`, async (t) => {
    const room = stage.room();
    const members = await stage.members(t, 'ann', 'ben');
    for (const member of members) {
      await prefer(member, codec);
      await member.enter({ room });
      await member.publish();
    }
    const [ann, ben] = members;
    await Promise.all([ann.receives('ben'), ben.receives('ann')]);
    for (const member of members) {
      assert.deepEqual(await member.page.evaluate(() => window.ledger.codecs()), [codec], 'decoded codecs');
    }
  });
}

test('a picture of one codec and a picture of another share a slot, one after the other', async (t) => {
  const room = stage.room();
  const [ann, ben, cid] = await stage.members(t, 'ann', 'ben', 'cid');
  await ann.enter({ room });
  for (const [member, codec] of [
    [ben, 'video/VP8'],
    [cid, 'video/H264'],
  ]) {
    await prefer(member, codec);
    await member.enter({ room });
    await member.publish();
    await ann.heard('onUserVideoAvailable', member.user, 1);
    await ann.page.evaluate((user) => window.room.watch(user), member.user);
    await ann.moves(member.user);
    await member.exit();
    await ann.heard('onRemoteUserLeaveRoom', member.user, 0);
  }
});
