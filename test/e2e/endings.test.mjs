// A1 A3 B8 E2 E3: each way in which a page can end, for one who publishes and for one who only listens: what the
// others, the control API and the log saw. The reason is the same everywhere, there is one record, and each ending
// keeps its bound. With ENDINGS=write the results become the table in docs/exit.md.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { endings, opens } from './harness/endings.mjs';
import { openStage } from './harness/stage.mjs';

/** TRTCAppSceneVideoCall, where everybody hears of everybody, and TRTCAppSceneLIVE with its audience. */
const roles = {
  publisher: { scene: 0, role: 20 },
  audience: { scene: 1, role: 21 },
};

/** What may be said of each ending, and within how many milliseconds it must be. */
const saysGoodbye = { reasons: ['left'], withinMs: 1_000 };
const mayVanish = { reasons: ['left', 'timed_out'], withinMs: 2_000 };
const vanishes = { reasons: ['timed_out'], withinMs: 2_000 };
const falls = { reasons: ['timed_out'], withinMs: 12_000 };
const bounds = {
  'exitRoom()': saysGoodbye,
  // The browser may be gone before it has closed its sockets: that looks like a network that broke.
  'quit the browser': { reasons: ['left', 'timed_out'], withinMs: 12_000 },
  'renderer crashes': vanishes,
  'renderer killed': vanishes,
  'browser killed': vanishes,
  'renderer stopped': falls,
  'tab frozen': falls,
};

const results = new Map();
let stage;
before(async () => {
  stage = await openStage();
});
after(async () => {
  await stage.close();
  if (process.env.ENDINGS === 'write') writeTable();
});

for (const [ending, end] of Object.entries(endings)) {
  for (const [role, { scene, role: number }] of Object.entries(roles)) {
    test(`A1 A3 B8 E2 E3 ${ending}: ${role}`, async (t) => {
      const room = stage.room();
      const wes = await stage.member(t, 'wes');
      await wes.enter({ room, scene, role: 20 });
      const leaver = await opens(ending)(stage, 'ann');
      t.after(() => leaver.close());
      await leaver.member.enter({ room, scene, role: number });
      if (role === 'publisher') {
        await leaver.member.publish();
        await wes.receives('ann');
      }
      const began = Date.now();
      await end(leaver);
      const record = await recordOf(stage, room, 'ann');
      results.set(`${ending}|${role}`, await check(record, began, wes, room, role, ending));
    });
  }
}

/** Waits for the log's line about the end of a user's stay. */
async function recordOf(stage, room, user) {
  const deadline = Date.now() + 15_000;
  const line = new RegExp(`msg=exited room=\\S+/numeric/${room} user=${user} .*why=(\\w+)`);
  for (;;) {
    const at = Date.now();
    const found = stage.server.log().match(line);
    if (found)
      return { why: found[1], at: Date.parse(found.input.slice(0, found.index).match(/time=(\S+) [^\n]*$/)[1]) };
    if (at > deadline) throw new Error(`no record of ${user} in room ${room}:\n${stage.server.log()}`);
    await new Promise(setImmediate);
  }
}

async function check(record, began, wes, room, role, ending) {
  const { reasons, withinMs } = bounds[ending] ?? mayVanish;
  const tookMs = record.at - began;
  assert.ok(reasons.includes(record.why), `${ending}: ${record.why}`);
  assert.ok(tookMs <= withinMs, `${ending}: ${tookMs} ms; the bound is ${withinMs} ms`);
  const lines = stage.server.log().match(new RegExp(`msg=exited room=\\S+/numeric/${room} user=ann `, 'g'));
  assert.equal(lines.length, 1, 'I-2: one record');
  const {
    Room: { Members },
  } = await stage.control('DescribeRoom', { RoomId: room });
  assert.deepEqual(
    Members.map((member) => member.UserId),
    ['wes'],
    'the control API still lists the leaver',
  );
  const told = await wes.log('onRemoteUserLeaveRoom');
  if (role === 'audience') {
    assert.deepEqual(told, [], 'nobody is told of audience');
    return { why: record.why, tookMs, peer: 'not told (audience)' };
  }
  await wes.heard('onRemoteUserLeaveRoom', 'ann');
  const [{ args }, ...more] = await wes.log('onRemoteUserLeaveRoom');
  assert.deepEqual(more, [], 'told twice');
  assert.equal(args[2].code, record.why, 'the peer heard another reason than the log');
  return { why: record.why, tookMs, peer: `${args[1]}, ${args[2].code}` };
}

/** Writes what came of it into the exit contract, between its two marks. */
function writeTable() {
  const path = new URL('../../docs/exit.md', import.meta.url);
  const [begin, end] = ['<!-- endings: begin -->', '<!-- endings: end -->'];
  const rows = [...results].map(([key, { why, tookMs, peer }]) => {
    const [ending, role] = key.split('|');
    const { withinMs } = bounds[ending] ?? mayVanish;
    const after = `${(tookMs / 1000).toFixed(1)} s`;
    return `| ${ending} | ${role} | \`${why}\` | ${peer} | ${after} | ${withinMs / 1000} s |`;
  });
  const table = [
    '| the page ends by | who | record, log, control API | the others | after | bound |',
    '|---|---|---|---|---|---|',
    ...rows,
  ];
  const text = readFileSync(path, 'utf8');
  const [head, rest] = text.split(begin);
  writeFileSync(path, `${head}${begin}\n${table.join('\n')}\n${end}${rest.split(end)[1]}`);
}
