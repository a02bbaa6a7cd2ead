// How the networks are, as two real browsers and the server between them measure it.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openStage } from './harness/stage.mjs';

let stage;
before(async () => {
  stage = await openStage();
});
after(() => stage.close());

/** Keeps the latest grades and statistics of a page. */
function measure(member) {
  return member.page.evaluate(() => {
    window.room.cloud.on('onNetworkQuality', (own, others) => {
      window.grades = { own: own.quality, ...Object.fromEntries(others.map((one) => [one.userId, one.quality])) };
    });
    window.room.cloud.on('onStatistics', (statistics) => {
      window.statistics = statistics;
    });
  });
}

test('on one machine everybody’s network is good, also of one who gets nothing from anybody', async (t) => {
  const room = stage.room();
  const [ann, ben] = await stage.members(t, 'ann', 'ben');
  for (const member of [ann, ben]) {
    await member.enter({ room });
    await measure(member);
  }
  await ann.publish();
  await ben.receives('ann');

  await ben.until(() => window.statistics?.remoteStatisticsArray.some((one) => one.remoteNetworkRTT > 0));
  const [seen] = await ben.page.evaluate(() => window.statistics.remoteStatisticsArray);
  assert.equal(seen.userId, 'ann');
  assert.ok(seen.remoteNetworkRTT < 200, `${seen.remoteNetworkRTT} ms to ann and back`);
  assert.ok(seen.remoteNetworkUplinkLoss <= 3, `ann loses ${seen.remoteNetworkUplinkLoss} %`);
  await ben.until(() => [1, 2].includes(window.grades.ann) && [1, 2].includes(window.grades.own));
  const { rtt, point2PointDelay, jitterBufferDelay } = await ben.page.evaluate(() => ({
    ...window.statistics.remoteStatisticsArray[0],
    rtt: window.statistics.rtt,
  }));
  assert.ok(rtt > 0 && point2PointDelay > jitterBufferDelay, `${point2PointDelay} ms from ann`);

  await ann.until(() => [1, 2].includes(window.grades.own) && window.statistics.rtt > 0);
  assert.deepEqual(Object.keys(await ann.page.evaluate(() => window.grades)), ['own'], 'ben sends nothing to grade');
});
