// What the page says: every ending, every refusal, every name.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { load } from './source.mjs';

const endings = await load('endings.ts');
const refusals = await load('refusals.ts');
const rooms = await load('rooms.ts');

// The rows of the exit table, as the server's source has them: name, onExitRoom, onRemoteUserLeaveRoom, and sentence.
const table = readFileSync(new URL('../../server/exit/exit.go', import.meta.url), 'utf8');
const rows = [...table.matchAll(/\{"(\w+)", (\d), (\d), \d, \d{4}, "([^"]+)"\}/g)].map(
  ([, code, self, peer, sentence]) => ({ code, self: Number(self), peer: Number(peer), sentence }),
);

test('B8: every reason of the exit table has words for the leaver and for the others', () => {
  assert.ok(rows.length >= 12, 'the table was not found');
  assert.deepEqual([...endings.CODES].sort(), rows.map((row) => row.code).sort());
  for (const { code, self, peer, sentence } of rows) {
    const plain = endings.describeEnding(self, { code, actor: 'api:key', text: sentence });
    assert.ok(plain.line && plain.hint && plain.again, code);
    assert.ok(!plain.line.includes(':'), `${code}: the table's own sentence is no text of an actor: ${plain.line}`);
    assert.ok(endings.describeLeaving('Ann', peer, { code }).startsWith('Ann '), code);
  }
});

test('F8: the actor and the words of the actor are read', () => {
  const line = (reason, detail) => endings.describeEnding(reason, detail).line;
  const key = { actor: 'api:AKIDx' };
  assert.equal(line(1, { code: 'removed', text: 'spam', ...key }), 'You were removed by the host: spam');
  assert.equal(line(1, { code: 'removed', text: '', actor: 'Maria' }), 'You were removed by Maria');
  assert.equal(line(2, { code: 'dismissed', text: 'Good night.', ...key }), 'The room was closed: Good night');
  assert.equal(
    endings.describeLeaving('Ann', 2, { code: 'removed', actor: 'api:x', text: 'spam' }),
    'Ann was removed by the host: spam',
  );
});

test('a return that the server refused is told from a removal', () => {
  const detail = { code: 'refused', actor: 'server', text: 'The credential has expired.' };
  const { line } = endings.describeEnding(3, detail);
  assert.match(line, /could not be entered again: The credential has expired$/);
});

test('a server that gives only numbers is understood', () => {
  assert.equal(endings.describeEnding(0).line, 'You left the room');
  assert.equal(endings.describeEnding(2).line, 'The room was closed');
  assert.equal(endings.describeEnding(1, { code: 'new_in_2030' }).line, 'You were removed by the host');
  assert.equal(endings.describeEnding(9).line, 'The call ended');
  assert.equal(endings.describeLeaving('Ann', 3), 'Ann is in the audience now');
  assert.equal(endings.describeLeaving('Ann', 1), 'Ann lost the connection');
});

test('a ban says when it is over', () => {
  const banned = endings.describeEnding(1, { code: 'banned', rejoinAfter: 300_000 });
  assert.equal(banned.hint, 'You may come back in 5 minutes.');
  assert.equal(banned.waitMS, 300_000);
  assert.equal(endings.duration(1000), '1 second');
  assert.equal(endings.duration(3 * 86_400_000), '3 days');
});

test('a refused entry and a device in trouble are sentences', () => {
  assert.equal(refusals.describeRefusal(-102052), 'The room is full.');
  assert.match(refusals.describeRefusal(-3301, 'the offer is odd'), /the offer is odd$/);
  assert.equal(refusals.describeRefusal(-9), 'The room could not be entered (-9).');
  assert.match(refusals.describeTrouble(-1301, 'BIG: NotAllowedError: denied').line, /Allow it beside the address/);
  assert.match(refusals.describeTrouble(-1302, 'AUDIO: NotFoundError: none').line, /No microphone was found/);
  assert.equal(refusals.describeTrouble(-3301), undefined);
});

test('digits in range are a number, all else is a name, and what cannot be entered says why', () => {
  assert.deepEqual(rooms.readRoom(' 7 ').value, { kind: 'number', id: 7 });
  assert.deepEqual(rooms.readRoom('4294967295').value, { kind: 'text', id: '4294967295' });
  assert.deepEqual(rooms.readRoom('007').value, { kind: 'text', id: '007' });
  assert.match(rooms.readRoom('').problem, /Which room/);
  assert.match(rooms.readRoom('räum').problem, /“ä”/);
  assert.match(rooms.readRoom('x'.repeat(65)).problem, /64.*65/);
  assert.match(rooms.readUser('é'.repeat(17)).problem, /too long/);
  assert.equal(rooms.initials('ann lee'), 'AL');
});
