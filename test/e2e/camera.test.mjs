// The camera, as the system sees it: Chromium ends the process that drives cameras 5 s after the last track.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { openStage } from './harness/stage.mjs';

const processEndsMs = 7_000;
let stage;
let processes;
before(async () => {
  stage = await openStage();
  const session = await stage.chromium.browser.newBrowserCDPSession();
  processes = async () => (await session.send('SystemInfo.getProcessInfo')).processInfo.map(({ id }) => id);
});
after(() => stage.close());

/** The processes of this browser that drive cameras. */
async function cameras() {
  return (await processes()).filter((pid) => commandOf(pid).includes('video_capture.mojom.VideoCaptureService'));
}

/** Nobody tells us of the end of a process that is not our child, so this looks. */
async function dark() {
  const deadline = performance.now() + processEndsMs;
  while ((await cameras()).length > 0) {
    assert.ok(performance.now() < deadline, `the camera's process still runs after ${processEndsMs} ms`);
  }
}

/** Somebody in a room whose camera is on. */
async function seen(t) {
  const ann = await stage.member(t, 'ann');
  const room = stage.room();
  await ann.enter({ room });
  await ann.publish();
  await ann.heard('onSendFirstLocalVideoFrame');
  assert.equal((await cameras()).length, 1);
  return { ann, room };
}

const ways = {
  exitRoom: ({ ann }) => ann.exit(),
  'a removal': ({ room }) => stage.control('RemoveUser', { RoomId: room, UserIds: ['ann'] }),
  'a dismissal': ({ room }) => stage.control('DismissRoom', { RoomId: room }),
};
for (const [way, leave] of Object.entries(ways)) {
  test(`C7 ${way} ends the process that drives the camera`, async (t) => {
    await leave(await seen(t));
    await dark();
  });
}

test('C12 stopLocalPreview ends the process that drives the camera', async (t) => {
  const { ann } = await seen(t);
  await ann.page.evaluate(() => window.room.cloud.stopLocalPreview());
  await dark();
});

function commandOf(pid) {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'latin1');
  } catch {
    return ''; // It ended meanwhile.
  }
}
