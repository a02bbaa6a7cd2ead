// Pictures and sound through networks that lose, and that become narrow and wide again: a real browser behind a link of
// its own, in a network namespace.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startChromium } from './harness/chromium.mjs';
import { layLink } from './harness/link.mjs';
import { servePages } from './harness/pages.mjs';
import { startServer } from './harness/server.mjs';

/** The picture of a user may stand still for so long, in milliseconds. */
const stillMs = 1000;
/** How much the sound may differ from what it is without a fault: what is lost is made up by the browser. */
const [quietest, loudest] = [0.7, 1.3];
/** How long a network stays as it is while it is watched. */
const watchMs = 15_000;

/** Opens a server, a publisher beside it, and receivers beyond a link; all are closed when the test ends. */
async function meet(t, ...receivers) {
  const link = await layLink();
  t.after(() => link.close());
  const [server, pages] = await Promise.all([startServer({ host: link.near }), servePages(link.near)]);
  t.after(() => server.stop());
  t.after(() => pages.close());
  const options = { trusted: pages.origin };
  const [here, there] = await Promise.all([startChromium(options), startChromium({ ...options, wrap: link.wrap })]);
  for (const browser of [here, there]) t.after(() => browser.close());
  const open = (browser, user) => browser.member(pages.url('room', server.signal), user, server.keys);
  const ann = await open(here, 'ann');
  const others = await Promise.all(receivers.map((user) => open(there, user)));
  for (const member of [ann, ...others]) await member.enter({ room: 1 });
  await ann.page.evaluate(() => {
    window.room.cloud.setVideoEncoderParam({ videoResolution: 112, videoBitrate: 1200, videoFps: 15 });
    window.room.cloud.enableSmallVideoStream(true, { videoResolution: 104, videoBitrate: 150, videoFps: 15 });
  });
  await ann.publish();
  await Promise.all(others.map((member) => member.receives('ann')));
  return { link, ann, others };
}

/** Watches a member's picture of ann for a while: its pauses in ms, the least and the last width, and the sound. */
function watch(member, ms = watchMs) {
  return member.page.evaluate(async (length) => {
    const video = window.room.view('ann-0').querySelector('video');
    const sound = async () => (await window.ledger.received()).energies.reduce((sum, one) => sum + one, 0);
    const seen = { pauses: [], least: Number.POSITIVE_INFINITY, last: 0, frames: 0 };
    const begin = performance.now();
    const energy = await sound();
    const end = performance.now() + length;
    let before = performance.now();
    let running = true;
    const note = () => {
      const now = performance.now();
      seen.pauses.push(Math.round(now - before));
      before = now;
      seen.frames++;
      seen.last = video.videoWidth;
      seen.least = Math.min(seen.least, seen.last);
      if (running) video.requestVideoFrameCallback(note);
    };
    video.requestVideoFrameCallback(note);
    while (performance.now() < end) await window.ledger.moment();
    running = false;
    seen.pauses.push(Math.round(performance.now() - before));
    seen.pauses = seen.pauses.sort((a, b) => b - a).slice(0, 5);
    seen.sound = ((await sound()) - energy) / (performance.now() - begin);
    return seen;
  }, ms);
}

/** Waits until a member sees ann's picture in a width of these bounds, at most so long; returns after how many ms. */
function widthComes(member, least, most, ms) {
  return member.page.evaluate(
    async ([a, b, length]) => {
      const begin = performance.now();
      while (performance.now() - begin < length) {
        const now = window.room.view('ann-0').querySelector('video').videoWidth;
        if (now >= a && now <= b) return Math.round(performance.now() - begin);
        await window.ledger.moment();
      }
      return null;
    },
    [least, most, ms],
  );
}

/** Holds what was seen to what a good call is: it never stands still for long, and sounds as it did before. */
function isGood(t, what, seen, whole) {
  const sound = seen.sound / whole.sound;
  t.diagnostic(`${what}: ${JSON.stringify({ ...seen, sound: sound.toFixed(2) })}`);
  // Encoders and decoders in software share a small machine with whatever else it does: it may lose its breath once.
  const [longest, next] = seen.pauses;
  assert.ok(next <= stillMs && longest <= 2 * stillMs, `${what}: the picture stood still for ${seen.pauses} ms`);
  assert.ok(sound > quietest && sound < loudest, `${what}: the sound is ${sound} of what it was`);
}

test('two receivers see and hear through five per cent of loss, each way', async (t) => {
  const { link, others } = await meet(t, 'ben', 'cid');
  const whole = await watch(others[0], 8000);
  link.lose(0.05);
  const both = await Promise.all(others.map((member) => watch(member)));
  for (const seen of both) {
    isGood(t, 'with loss', seen, whole);
    assert.ok(seen.frames > (watchMs / 1000) * 8, `${seen.frames} frames in ${watchMs} ms`);
  }
});

test('a receiver whose link becomes narrow gets a small picture, and the big one when it is wide again', async (t) => {
  const { link, others } = await meet(t, 'ben');
  const [ben] = others;
  link.narrow(3000);
  assert.notEqual(await widthComes(ben, 640, 1280, 30_000), null, 'the big picture comes over 3 Mbit/s');
  const whole = await watch(ben, 8000);
  link.narrow(400);
  const falling = watch(ben);
  const down = await widthComes(ben, 1, 320, 20_000);
  const fell = await falling;
  const narrow = await watch(ben);
  link.narrow(3000);
  const rising = watch(ben);
  const up = await widthComes(ben, 640, 1280, 45_000);
  const rose = await rising;
  t.diagnostic(`small after ${down} ms, big again after ${up} ms`);
  assert.notEqual(down, null, 'the small picture comes');
  assert.notEqual(up, null, 'the big picture comes back');
  for (const [what, seen] of Object.entries({ fell, narrow, rose })) isGood(t, what, seen, whole);
});
