// Voices in real browsers: sound that repeats itself, and more voices than slots.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openStage } from './harness/stage.mjs';

let stage;
before(async () => {
  stage = await openStage();
});
after(() => stage.close());

/** Lets a member speak. */
async function speak(member) {
  await member.page.evaluate(() => window.room.cloud.startLocalAudio());
  await member.heard('onSendFirstLocalAudioFrame');
}

/** What a member sends and receives of sound, each summed up. */
function sounds(member) {
  return member.page.evaluate(() => window.ledger.sounds());
}

/** Waits until a member has received enough sound to judge it, and until it has gone on after that. */
async function hears(member) {
  const enough = (least) =>
    member.until(
      async ({ packets, energy }) => {
        const [now] = (await window.ledger.sounds()).received;
        return now?.packets > packets && now.energy > energy;
      },
      { packets: least.packets, energy: least.energy },
    );
  await enough({ packets: 150, energy: 0 });
  const [first] = (await sounds(member)).received;
  await enough({ packets: first.packets + 50, energy: first.energy });
  return (await sounds(member)).received[0];
}

test('sound repeats itself on its way, and is not sent while there is none', async (t) => {
  const room = stage.room();
  const [ann, ben] = await stage.members(t, 'ann', 'ben');
  for (const member of [ann, ben]) await member.enter({ room });
  await speak(ann);
  const { packets, repeats } = await hears(ben);
  assert.ok(repeats > 0.8 * packets, `${repeats} of ${packets} packets had what had come already`);
  const [answer] = await ann.page.evaluate(() => window.ledger.answers());
  const [microphone] = answer.split(/^(?=m=)/m).filter((line) => line.startsWith('m=audio'));
  assert.match(microphone, /^m=audio \S+ \S+ 63 /, 'RED comes first');
  assert.match(microphone, /^a=fmtp:111 (?=.*useinbandfec=1).*usedtx=1/m);

  const rate = () =>
    ann.page.evaluate(async () => {
      const packets = async () => (await window.ledger.sounds()).sent[0].packets;
      const [before, begin] = [await packets(), performance.now()];
      while (performance.now() - begin < 2000) await window.ledger.moment();
      return ((await packets()) - before) / 2;
    });
  const speaking = await rate();
  await ann.page.evaluate(() => window.room.cloud.muteLocalAudio(true));
  const silent = await rate();
  t.diagnostic(`${repeats} of ${packets} packets repeated; ${speaking} packets a second, and muted ${silent}`);
  assert.ok(speaking > 40 && silent < 20, `${speaking} packets a second, and muted ${silent}`);
});

test('two slots carry the loudest of three voices, and always whom one asked for', async (t) => {
  const room = stage.room();
  const [ann, ben, cid, dan] = await stage.members(t, 'ann', 'ben', 'cid', 'dan');
  const mute = (member, muted) => member.page.evaluate((m) => window.room.cloud.muteLocalAudio(m), muted);
  const has = async (...users) => {
    await dan.until((wanted) => window.voices === wanted, users.join());
    await dan.until((n) => window.loud >= n, users.length);
  };
  const hearAtMost = (maxCount, ...includeUsers) =>
    dan.page.evaluate((params) => window.room.cloud.setRemoteAudioParallelParams(params), { maxCount, includeUsers });
  await dan.page.evaluate(() => {
    const { cloud } = window.room;
    cloud.enableAudioVolumeEvaluation(100);
    // Who sits in a slot, and of how many of them a sound was heard since that changed. The fake microphone only beeps.
    let heard = new Set();
    cloud.on('onUserVoiceVolume', (volumes) => {
      const others = volumes.filter(({ userId }) => userId);
      const voices = others.map(({ userId }) => userId).sort();
      if (window.voices !== voices.join()) heard = new Set();
      window.voices = voices.join();
      for (const { userId, volume } of others) if (volume > 0) heard.add(userId);
      window.loud = heard.size;
    });
  });
  await hearAtMost(2);
  for (const member of [ann, ben, cid, dan]) await member.enter({ room });
  for (const member of [ann, ben, cid]) await speak(member);
  await mute(cid, true);
  await has('ann', 'ben');
  await mute(cid, false);
  await mute(ann, true);
  await has('ben', 'cid');
  await hearAtMost(2, 'ann');
  await dan.until(() => window.voices.split(',').includes('ann') && window.voices.split(',').length === 2);
  await ann.exit();
  await dan.heard('onRemoteUserLeaveRoom', 'ann', 0);
  await has('ben', 'cid');
  assert.equal((await dan.log('onFirstAudioFrame')).length, 3, 'each voice is heard for the first time once');
});
