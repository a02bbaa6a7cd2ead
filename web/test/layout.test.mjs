// Where the tiles stand.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { load } from './source.mjs';

const { plan, choose } = await load('layout.ts');

const screens = [
  { w: 320, h: 400 },
  { w: 390, h: 700 },
  { w: 1280, h: 680 },
  { w: 2560, h: 1300 },
];

const inside = (area, r) => r.x >= 0 && r.y >= 0 && r.x + r.w <= area.w + 1 && r.y + r.h <= area.h + 1;
const apart = (a, b) => a.x + a.w <= b.x || b.x + b.w <= a.x || a.y + a.h <= b.y || b.y + b.h <= a.y;

test('every tile is in sight, none covers another, on any screen and in any number', () => {
  for (const area of screens) {
    for (const stage of ['none', 'stage']) {
      for (let count = 1; count <= 50; count++) {
        const p = plan(area, count, stage);
        const all = [...p.tiles, ...(p.more ? [p.more] : []), ...(p.stage ? [p.stage] : [])];
        const where = `${count} tiles on ${area.w} by ${area.h}, ${stage}`;
        assert.equal(p.tiles.length, p.shown, where);
        assert.equal(p.shown < count, p.more !== undefined, where);
        for (const [i, r] of all.entries()) {
          assert.ok(inside(area, r), `${where}: ${JSON.stringify(r)} is out of sight`);
          for (const other of all.slice(i + 1)) assert.ok(apart(r, other), `${where}: two overlap`);
        }
      }
    }
  }
});

test('the own tile is always in sight, and then whoever spoke last', () => {
  const users = ['me', 'a', 'b', 'c', 'd'];
  assert.deepEqual(choose(users, 5, {}), users);
  assert.deepEqual(choose(users, 3, { d: 9, b: 5 }), ['me', 'b', 'd']);
});
