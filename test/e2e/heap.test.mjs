// Hundreds of stays in one page leave no peer connection, worker or socket in its memory.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openStage } from './harness/stage.mjs';

let stage;
before(async () => {
  stage = await openStage();
});
after(() => stage.close());

const kinds = ['RTCPeerConnection', 'MediaStreamTrack', 'WebSocket', 'Worker', 'HTMLVideoElement', 'HTMLAudioElement'];

/** Collects garbage until there is no more: a connection closes in threads of its own, and holds its tracks so long. */
async function collected(page, session) {
  let counts = await count(session);
  for (let rounds = 0; rounds < 3; rounds++) {
    await page.evaluate(async () => {
      for (let i = 0; i < 25; i++) await window.ledger.moment();
    });
    const now = await count(session);
    if (kinds.some((kind) => now[kind] < counts[kind])) rounds = 0;
    counts = now;
  }
  return counts;
}

/** How many objects of each kind there are after one round of the collector. */
async function count(session) {
  await session.send('HeapProfiler.collectGarbage');
  const counts = {};
  for (const kind of kinds) {
    const { result: prototype } = await session.send('Runtime.evaluate', { expression: `${kind}.prototype` });
    const { objects } = await session.send('Runtime.queryObjects', {
      prototypeObjectId: prototype.objectId,
      objectGroup: 'count',
    });
    const { result } = await session.send('Runtime.callFunctionOn', {
      objectId: objects.objectId,
      functionDeclaration: 'function () { return this.length }',
    });
    counts[kind] = result.value;
    await session.send('Runtime.releaseObjectGroup', { objectGroup: 'count' });
  }
  return counts;
}

/** Enters and leaves so many times, every fifth time with camera and microphone. */
async function visit(page, times, wish) {
  await page.evaluate(
    async ([n, args]) => {
      const { cloud, params, view, publish } = window.room;
      for (let i = 0; i < n; i++) {
        const event = i % 5 === 0 ? 'onCameraDidReady' : 'onEnterRoom';
        const ready = new Promise((resolve) => cloud.once(event, resolve));
        cloud.enterRoom(...params(args));
        if (i % 5 === 0) publish();
        cloud.startRemoteView('wes', view('wes'), 0);
        await ready;
        await cloud.exitRoom();
      }
    },
    [times, wish],
  );
}

test('C23 300 stays in one page leave no more objects behind than 60', async (t) => {
  const room = stage.room();
  const [ann, wes] = await stage.members(t, 'ann', 'wes');
  await wes.enter({ room });
  await wes.publish();
  await wes.heard('onSendFirstLocalVideoFrame');
  // The witness of the other tests holds all that it sees.
  await ann.page.evaluate(() => window.ledger.forget());
  const session = await ann.page.context().newCDPSession(ann.page);
  const wish = ann.wish({ room });
  await visit(ann.page, 60, wish);
  const few = await collected(ann.page, session);
  await visit(ann.page, 240, wish);
  const many = await collected(ann.page, session);
  // The browser keeps some closed connections until a later round of its collector. A leak would be one a stay.
  const slack = 240 / 5;
  for (const kind of kinds) {
    assert.ok(many[kind] <= few[kind] + slack, `${few[kind]} of ${kind} after 60 stays, ${many[kind]} after 300`);
  }
  t.diagnostic(`after 60 stays ${JSON.stringify(few)}, after 300 ${JSON.stringify(many)}`);
});
