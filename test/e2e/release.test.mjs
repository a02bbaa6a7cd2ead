// At the moment onExitRoom fires nothing that the SDK opened is open: no track, clone, connection, context, timer.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openStage } from './harness/stage.mjs';

let stage;
before(async () => {
  stage = await openStage();
});
after(() => stage.close());

/** A member that uses every device at once: camera, microphone, screen, volume meter, a remote picture and sound. */
async function busy(t, room) {
  const [ann, ben] = await stage.members(t, 'ann', 'ben');
  for (const member of [ann, ben]) {
    await member.enter({ room });
    await member.publish();
  }
  await ann.page.evaluate(() => {
    window.room.cloud.enableAudioVolumeEvaluation(100);
    window.room.cloud.startScreenCapture(null, 2, null);
  });
  await ann.receives('ben');
  await ben.heard('onUserSubStreamAvailable', 'ann', 1);
  assert.ok((await ann.page.evaluate(() => window.ledger.live())) >= 3);
  return { ann, ben };
}

const ways = {
  0: ({ ann }) => ann.exit(),
  1: ({ room }) => stage.control('RemoveUser', { RoomId: room, UserIds: ['ann'] }),
  2: ({ room }) => stage.control('DismissRoom', { RoomId: room }),
};

for (const [reason, leave] of Object.entries(ways)) {
  test(`C2 C7 C22 everything is released when onExitRoom(${reason}) fires`, async (t) => {
    const room = stage.room();
    const { ann } = await busy(t, room);
    await leave({ ann, room });
    const { args, open } = await ann.heard('onExitRoom');
    assert.equal(args[0], Number(reason));
    assert.deepEqual(open, []);
    const left = await ann.page.evaluate(() => ({
      playing: [...document.querySelectorAll('video, audio')].filter((element) => element.srcObject).length,
      pictureInPicture: document.pictureInPictureElement !== null,
    }));
    assert.deepEqual(left, { playing: 0, pictureInPicture: false });
  });
}

test('C15 C16 the floating picture and every element of ours are gone when onExitRoom fires', async (t) => {
  const { ann } = await busy(t, stage.room());
  await ann.page.evaluate(() => {
    const button = document.body.appendChild(document.createElement('button'));
    button.onclick = () => document.querySelector('#ben-0 video').requestPictureInPicture();
    window.room.cloud.on('onExitRoom', () => {
      const floating = document.pictureInPictureElement !== null;
      window.atExit = [floating, document.querySelectorAll('video, audio').length];
    });
  });
  await ann.page.click('button');
  await ann.until(() => document.pictureInPictureElement !== null);
  await ann.exit();
  await ann.heard('onExitRoom', 0);
  assert.deepEqual(await ann.page.evaluate(() => window.atExit), [false, 0]);
});

test('C7 everything is released when the same user enters elsewhere', async (t) => {
  const room = stage.room();
  const { ann } = await busy(t, room);
  const other = await stage.member(t, 'ann');
  await other.enter({ room });
  const { args, open } = await ann.heard('onExitRoom');
  assert.equal(args[0], 1);
  assert.equal(args[1].code, 'replaced');
  assert.deepEqual(open, []);
});

for (const capture of ['startLocalPreview', 'startLocalAudio', 'startScreenCapture']) {
  test(`C1 C14 a device that ${capture} gets after exitRoom is given back at once`, async (t) => {
    const ann = await stage.member(t, 'ann');
    await ann.enter({ room: stage.room() });
    await ann.page.evaluate((name) => {
      window.ledger.hold();
      window.room.cloud[name](name === 'startScreenCapture' ? null : window.room.view('self'), 2, null);
    }, capture);
    await ann.until(() => window.ledger.live() > 0);
    await ann.exit();
    await ann.heard('onExitRoom', 0); // Bounded, though the capture is still pending.
    await ann.page.evaluate(() => window.ledger.letGo());
    await ann.until(() => window.ledger.open().length === 0);
  });

  test(`C1 onExitRoom waits for a pending ${capture} that resolves in time`, async (t) => {
    const ann = await stage.member(t, 'ann');
    await ann.enter({ room: stage.room() });
    await ann.page.evaluate((name) => {
      window.ledger.hold();
      window.room.cloud[name](name === 'startScreenCapture' ? null : window.room.view('self'), 2, null);
    }, capture);
    await ann.until(() => window.ledger.live() > 0);
    await ann.page.evaluate(() => {
      window.room.cloud.exitRoom();
      window.ledger.letGo();
    });
    const { open } = await ann.heard('onExitRoom', 0);
    assert.deepEqual(open, []);
  });
}

test('C21 another cloud of the page keeps its stay', async (t) => {
  const [first, second] = [stage.room(), stage.room()];
  const [ann, ben] = await stage.members(t, 'ann', 'ben');
  await ann.enter({ room: first });
  await ben.enter({ room: second });
  await ann.page.evaluate(
    (wish) => {
      window.sub = window.room.listen(window.room.cloud.createSubCloud(), 'sub');
      window.sub.enterRoom(...window.room.params(wish));
    },
    ann.wish({ room: second }),
  );
  await ben.heard('onRemoteUserEnterRoom', 'ann');
  await ann.exit();
  await ann.heard('onExitRoom', 0);
  await ben.exit();
  await ann.heard('onRemoteUserLeaveRoom', 'ben', 0);
  assert.equal((await ann.log('onExitRoom')).length, 1);
});
