// Messages inside the picture, sendSEIMsg: byte for byte, once each, and the picture goes on for whoever hears them and
// for whoever does not.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openStage } from './harness/stage.mjs';

let stage;
before(async () => {
  stage = await openStage();
});
after(() => stage.close());

/** Makes a page hear messages, before it enters. */
function hears(member) {
  return member.page.evaluate(() => {
    window.messages = [];
    window.room.cloud.on('onRecvSEIMsg', (user, message) => {
      window.messages.push([user, [...new Uint8Array(message)].join()]);
    });
  });
}

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

/** Sends messages of these lengths, a moment apart, and returns what the listeners are to hear. */
function sends(member, lengths, repeat = 1) {
  return member.page.evaluate(
    async ([sizes, times]) => {
      const sent = [];
      for (const size of sizes) {
        // Zeros, ones and threes, which is where a byte stream needs care; and any byte in every second message.
        const bytes = Uint8Array.from({ length: size }, () => Math.random() * (sent.length % 2 ? 256 : 4));
        if (!window.room.cloud.sendSEIMsg(bytes.buffer, times)) throw new Error('sendSEIMsg returned false');
        sent.push(bytes.join());
        for (let n = 0; n < 8; n++) await window.ledger.moment();
      }
      return sent;
    },
    [lengths, repeat],
  );
}

/** Waits until a member has heard as many messages, and returns them. */
async function heard(member, count) {
  await member.until((n) => window.messages.length >= n, count);
  return member.page.evaluate(() => window.messages);
}

const lengths = [1, 17, 255, 1000, 3, 1024, 700];

for (const codec of ['video/VP8', 'video/H264', 'video/VP9', 'video/AV1']) {
  test(`messages in ${codec} arrive as they were sent, and the picture goes on`, async (t) => {
    const room = stage.room();
    const [ann, ben, cid] = await stage.members(t, 'ann', 'ben', 'cid');
    await hears(ann);
    await hears(ben);
    for (const member of [ann, ben, cid]) {
      await prefer(member, codec);
      await member.enter({ room });
    }
    await ann.publish();
    await Promise.all([ben.receives('ann'), cid.receives('ann')]);
    const begged = await cid.page.evaluate(() => window.ledger.begged());
    const sent = await sends(ann, lengths, 3);
    assert.deepEqual(
      await heard(ben, sent.length),
      sent.map((message) => ['ann', message]),
    );
    // To cid no worker takes the messages out: his decoder sees them, and passes over them.
    await Promise.all([ben.moves('ann'), cid.moves('ann')]);
    assert.equal(await cid.page.evaluate(() => window.ledger.begged()), begged, 'no picture had to be mended');
    assert.deepEqual(await cid.page.evaluate(() => window.ledger.codecs()), [codec]);
    assert.deepEqual(await ann.page.evaluate(() => window.messages), [], 'nobody hears himself');
    const workers = () => window.ledger.open().filter((open) => open === 'running worker').length;
    assert.equal(await cid.page.evaluate(workers), 1, 'who uses no messages has no worker for them');
    assert.equal(await ben.page.evaluate(workers), 2);
  });
}

test('a message is told once to a listener who changes the size of the picture again and again', async (t) => {
  const room = stage.room();
  const [ann, ben, cid] = await stage.members(t, 'ann', 'ben', 'cid');
  for (const member of [ann, ben, cid]) {
    await hears(member);
    await member.enter({ room });
  }
  await ann.page.evaluate(() => {
    window.room.cloud.setVideoEncoderParam({ videoResolution: 112, videoBitrate: 1200, videoFps: 15 });
    window.room.cloud.enableSmallVideoStream(true, { videoResolution: 104, videoBitrate: 150, videoFps: 15 });
  });
  await ann.publish();
  await Promise.all([ben.receives('ann'), cid.receives('ann')]);
  const changes = ben.page.evaluate(async () => {
    const widths = new Set();
    for (let i = 1; i <= 10; i++) {
      window.room.cloud.setRemoteVideoStreamType('ann', i % 2);
      for (let n = 0; n < 40; n++) {
        await window.ledger.moment();
        widths.add(window.room.view('ann-0').querySelector('video')?.videoWidth);
      }
    }
    return [...widths];
  });
  const sent = await sends(ann, Array(40).fill(24), 2);
  const widths = await changes;
  assert.ok(widths.some((w) => w > 320) && widths.some((w) => w > 0 && w <= 320), `he saw only ${widths}`);
  const whole = sent.map((message) => ['ann', message]);
  assert.deepEqual(await heard(cid, sent.length), whole, 'who changes nothing misses nothing');
  await ben.moves('ann');
  const some = await ben.page.evaluate(() => window.messages);
  const places = some.map(([, message]) => sent.indexOf(message));
  assert.deepEqual(
    places,
    [...new Set(places)].sort((a, b) => a - b),
    'in order, and none twice',
  );
  t.diagnostic(`heard ${some.length} of ${sent.length} while the layer changed`);
  assert.ok(places.length >= 30 && !places.includes(-1), `heard only ${places}`);
});

test('who shows the wish for messages only later gets them from then on, and the room goes on', async (t) => {
  const room = stage.room();
  const [ann, ben] = await stage.members(t, 'ann', 'ben');
  for (const member of [ann, ben]) {
    await member.enter({ room });
    await member.publish();
  }
  await Promise.all([ann.receives('ben'), ben.receives('ann')]);
  await hears(ben);
  // The listener's new peer connection is there when a message of his comes.
  const fromBen = await sends(ben, [5], 30);
  await ben.moves('ann');
  const fromAnn = await sends(ann, [300, 4], 5);
  assert.deepEqual(
    await heard(ben, 2),
    fromAnn.map((message) => ['ann', message]),
  );
  await hears(ann);
  const again = await sends(ben, [6], 5);
  assert.deepEqual(await heard(ann, 1), [['ben', again[0]]]);
  assert.notEqual(again[0], fromBen[0]);
  await Promise.all([ann.moves('ben'), ben.moves('ann')]);
  for (const member of [ann, ben]) {
    const names = (await member.log()).map(({ name }) => name);
    assert.ok(!names.includes('onConnectionLost') && !names.includes('onExitRoom'), `it was felt: ${names}`);
    await member.exit();
    const { open } = await member.heard('onExitRoom');
    assert.deepEqual(open, [], 'nothing is left open');
  }
});

test('a browser that only hands out streams (Chromium before 141) sends and hears messages, too', async (t) => {
  const room = stage.room();
  const [ann, ben] = await stage.members(t, 'ann', 'ben');
  for (const member of [ann, ben]) {
    await member.page.evaluate(() => Reflect.deleteProperty(window, 'RTCRtpScriptTransform'));
    await hears(member);
    await member.enter({ room });
    await member.publish();
  }
  await Promise.all([ann.receives('ben'), ben.receives('ann')]);
  for (const [from, to] of [
    [ann, ben],
    [ben, ann],
  ]) {
    const sent = await sends(from, lengths);
    const messages = sent.map((message) => [from.user, message]);
    assert.deepEqual(await heard(to, sent.length), messages);
  }
  await ann.moves('ben');
});

/** Allows a page workers from its own origin only. */
function restrict(member) {
  return member.page.evaluate(() => {
    const policy = document.createElement('meta');
    policy.httpEquiv = 'Content-Security-Policy';
    policy.content = "worker-src 'self'";
    document.head.append(policy);
  });
}

test('a page that allows no worker from a blob has messages by the file that is published, or none', async (t) => {
  const room = stage.room();
  const [ann, ben, cid] = await stage.members(t, 'ann', 'ben', 'cid');
  await Promise.all([restrict(ann), restrict(cid)]);
  await ann.page.evaluate(() => window.room.configure({ seiWorker: '/sei-worker.js' }));
  for (const member of [ann, ben, cid]) {
    await hears(member);
    await member.enter({ room });
    await member.publish();
  }
  await Promise.all([ann.receives('cid'), ben.receives('ann'), cid.receives('ann')]);
  const sent = await sends(ann, lengths);
  assert.deepEqual(
    await heard(ben, sent.length),
    sent.map((message) => ['ann', message]),
  );
  const refused = () => window.room.cloud.sendSEIMsg(new Uint8Array([1]), 1);
  assert.equal(await cid.page.evaluate(refused), false, 'cid cannot, and is told so');
  await Promise.all([ann.moves('cid'), cid.moves('ann')]);
});

test('a message that nobody may send, or no picture would carry, is refused', async (t) => {
  const [ann] = await stage.members(t, 'ann');
  const tries = () => {
    const { cloud } = window.room;
    const accepted = (...args) => {
      try {
        return cloud.sendSEIMsg(...args);
      } catch (error) {
        return error.name;
      }
    };
    return [
      accepted('text', 1),
      accepted([1], 1),
      accepted(new ArrayBuffer(1025), 1),
      accepted(new DataView(new ArrayBuffer(9)), 1),
    ];
  };
  assert.deepEqual(await ann.page.evaluate(tries), ['TypeError', 'TypeError', false, false], 'in no room');
  await ann.enter({ room: stage.room() });
  assert.deepEqual(await ann.page.evaluate(tries), ['TypeError', 'TypeError', false, false], 'without a camera');
  await ann.publish();
  await ann.heard('onSendFirstLocalVideoFrame');
  assert.deepEqual(await ann.page.evaluate(tries), ['TypeError', 'TypeError', false, true]);
  const most = await ann.page.evaluate(() => {
    const { cloud } = window.room;
    let count = 1;
    while (cloud.sendSEIMsg(new Uint8Array(count % 2), 1) && count < 100) count++;
    return [count, cloud.sendCustomCmdMsg(1, 'x', true, true)];
  });
  assert.deepEqual(most, [30, false], 'thirty a second, of both kinds together');
});
