import { afterEach, beforeEach, expect, test } from 'vitest';
import { exits } from '../src/codes';
import { Stream } from '../src/wire/exeunt/v1/signal_pb';
import { FakePeer, FakeTrack } from './fakeBrowser';
import { enter, only, World } from './world';

let world: World;
beforeEach(() => {
  world = new World();
});
afterEach(() => world.close());

const anna = { userId: 'anna', streams: [{ stream: Stream.BIG }] };
const ben = { userId: 'ben', streams: [] };
const lastWord = (code: keyof typeof exits) =>
  ({ case: 'exited', value: { reason: exits[code].self, detail: { code, actor: 'api:k', rule: 'idle' } } }) as const;
const live = () => FakePeer.all.filter((peer) => peer.connectionState !== 'closed');

test('B2: a lost socket is mended silently: lost, tried, recovered; the peer connection is kept', async () => {
  world.server.members = [anna];
  const { cloud, heard } = await enter(world);
  cloud.startLocalAudio();
  cloud.startRemoteView('anna', null, 2);
  await world.pass(500);
  heard.length = 0;
  world.server.cut();
  await world.pass(320);
  expect(heard.map(([event]) => event)).toEqual(['onConnectionLost', 'onTryToReconnect', 'onConnectionRecovery']);
  expect(world.server.said('enter')).toHaveLength(1);
  expect(world.server.said('resume')).toMatchObject([{ sessionId: 's1', room: { case: 'roomId', value: 7 } }]);
  expect(live()).toHaveLength(1);
  expect(FakePeer.all[0]?.offers).toBe(1);
  expect(world.server.said('offer')).toEqual([]);
  // What went over the lost socket may be lost with it, so it is said again.
  expect(world.server.said('publish')).toHaveLength(2);
  expect(world.server.said('subscribe')).toHaveLength(2);
});

test('D8: a return names session, secret and device; the device is the same at the next entry', async () => {
  const { cloud } = await enter(world);
  world.server.cut();
  await world.pass(1000);
  const [entry] = world.server.said('enter');
  const [resume] = world.server.said('resume');
  expect(new TextDecoder().decode(resume?.secret)).toBe('secret of s1');
  expect(entry?.device).toMatch(/^[0-9a-f]{32}$/);
  expect(resume?.device).toBe(entry?.device);
  cloud.exitRoom();
  await world.pass(500);
  await enter(world);
  expect(world.server.said('enter')[1]?.device).toBe(entry?.device);
});

test('TRTC: 8 s of silence, the first try 3 s later, then every 24 s, while the SDK itself tries on', async () => {
  world.server.policy = { unstableMs: 8000, goneMs: 90_000, tryAfterMs: 3000, tryEveryMs: 24_000 };
  const { heard } = await enter(world);
  const at: Record<string, number[]> = {};
  const start = Date.now();
  world.server.mood = 'silent';
  const sockets = world.server.sockets.length;
  for (let second = 1; second <= 80; second++) {
    await world.pass(1000);
    for (const [event] of heard.splice(0)) at[event] = [...(at[event] ?? []), Math.round((Date.now() - start) / 1000)];
  }
  const [lost = 0] = at.onConnectionLost ?? [];
  expect(lost).toBeGreaterThanOrEqual(8);
  expect(lost).toBeLessThanOrEqual(9);
  expect(at.onTryToReconnect).toEqual([lost + 3, lost + 27, lost + 51]);
  expect(at.onExitRoom).toBeUndefined();
  expect(world.server.sockets.length - sockets).toBeGreaterThan(5);
});

test('D9: past gone the stay is over, by this side’s own clock: onExitRoom(3), and no camera stays lit', async () => {
  const { cloud, heard } = await enter(world);
  cloud.startLocalPreview(null);
  await world.pass(50);
  world.server.mood = 'unreachable';
  world.server.cut();
  await world.pass(11_900);
  expect(only(heard, 'onExitRoom')).toEqual([]);
  await world.pass(700);
  expect(only(heard, 'onExitRoom')).toEqual([[3, expect.objectContaining({ code: 'timed_out', sessionId: 's1' })]]);
  expect(only(heard, 'onConnectionLost')).toHaveLength(1);
  expect(world.left).toEqual([]);
  const { length } = world.server.sockets;
  world.server.mood = 'open';
  await world.pass(5 * 60_000);
  expect(world.server.sockets).toHaveLength(length);
});

test('E7: past gone nothing is sent, and before it everything is', async () => {
  const { cloud } = await enter(world);
  cloud.startLocalAudio();
  await world.pass(500);
  const sent = FakePeer.all[0]?.lines[0]?.sent ?? [];
  world.server.mood = 'unreachable';
  world.server.cut();
  await world.pass(8000);
  expect(sent.at(-1)).not.toBeNull();
  await world.pass(2100);
  expect(sent.at(-1)).toBeNull();
});

// 0: lost; 150–300: the first attempt; 312: its socket; 317: its frame; later: further attempts.
test.each([0, 100, 205, 305, 312, 317, 330, 5000])('D1 D2: exitRoom wins %i ms into a reconnection', async (ms) => {
  const { cloud, heard } = await enter(world);
  cloud.startLocalPreview(null);
  world.server.mood = ms > 1000 ? 'unreachable' : 'open';
  world.server.cut();
  await world.pass(ms);
  cloud.exitRoom();
  await world.pass(500);
  expect(only(heard, 'onExitRoom')).toEqual([[0, expect.objectContaining({ code: 'left' })]]);
  // Where the network allows it, the goodbye is heard, and nobody waits for a timeout.
  if (ms < 1000) expect(world.server.present).toBe(0);
  world.server.mood = 'open';
  const words = world.server.heard.length;
  await world.pass(5 * 60_000);
  expect(world.server.heard).toHaveLength(words);
  expect(only(heard, 'onExitRoom')).toHaveLength(1);
  expect(world.server.present).toBe(0);
  expect(world.left).toEqual([]);
});

test.each(['hanging', 'silent'] as const)(
  'D2: exitRoom wins over a return into a %s server in 500 ms',
  async (mood) => {
    const { cloud, heard } = await enter(world);
    world.server.mood = mood;
    world.server.cut();
    await world.pass(1000);
    cloud.exitRoom();
    await world.pass(500);
    expect(only(heard, 'onExitRoom')).toHaveLength(1);
    expect(world.left).toEqual([]);
  },
);

test('B1: what was missed is told in order, once, and then the next delta is a delta', async () => {
  world.server.members = [anna, ben];
  const { heard } = await enter(world);
  world.server.tell({ case: 'memberEntered', value: { userId: 'carl' } }, 7n);
  await world.pass(50);
  heard.length = 0;
  world.server.cut();
  world.server.tell({ case: 'memberEntered', value: { userId: 'carl' } }, 7n);
  world.server.tell({ case: 'memberLeft', value: { userId: 'anna', reason: 2, detail: { code: 'removed' } } }, 8n);
  world.server.tell({ case: 'memberEntered', value: { userId: 'anna' } }, 11n);
  await world.pass(1000);
  expect(world.server.said('resume')[0]?.seq).toBe(7n);
  expect(heard.slice(2)).toEqual([
    ['onConnectionRecovery'],
    ['onUserVideoAvailable', 'anna', 0],
    ['onRemoteUserLeaveRoom', 'anna', 2, expect.objectContaining({ code: 'removed' })],
    ['onUserExit', 'anna', 2],
    ['onRemoteUserEnterRoom', 'anna'],
    ['onUserEnter', 'anna'],
  ]);
  // What comes a second time is not told a second time; a gap in the order is no fault.
  heard.length = 0;
  world.server.tell({ case: 'memberLeft', value: { userId: 'anna', reason: 0 } }, 8n);
  world.server.tell({ case: 'memberEntered', value: { userId: 'dora' } }, 20n);
  await world.pass(50);
  expect(heard).toEqual([
    ['onRemoteUserEnterRoom', 'dora'],
    ['onUserEnter', 'dora'],
  ]);
});

test('B1 B5: after too long a loss the leaves come first, with their true reasons, then the whole list', async () => {
  world.server.members = [anna, ben];
  const { heard } = await enter(world);
  heard.length = 0;
  world.server.cut();
  const carl = { userId: 'carl', streams: [{ stream: Stream.AUDIO }] };
  world.server.resumed = {
    whole: true,
    media: true,
    rights: 255,
    left: [{ userId: 'anna', reason: 1, detail: { code: 'timed_out', actor: 'server' } }],
    members: [{ ...ben, unstable: true }, carl],
    seq: 40n,
  };
  await world.pass(1000);
  expect(heard.slice(2)).toEqual([
    ['onConnectionRecovery'],
    ['onUserVideoAvailable', 'anna', 0],
    ['onRemoteUserLeaveRoom', 'anna', 1, expect.objectContaining({ code: 'timed_out' })],
    ['onUserExit', 'anna', 1],
    ['onRemoteUserEnterRoom', 'carl'],
    ['onUserEnter', 'carl'],
    ['onUserAudioAvailable', 'carl', 1],
    ['onRemoteUserPresence', 'ben', { unstable: true, cause: '', goneInMs: 0 }],
  ]);
  world.server.tell({ case: 'memberLeft', value: { userId: 'ben', reason: 0 } }, 40n);
  world.server.tell({ case: 'memberEntered', value: { userId: 'dora' } }, 41n);
  world.server.cut();
  await world.pass(50);
  world.server.resumed = { media: true, rights: 255 };
  await world.pass(1000);
  expect(world.server.said('resume')[1]?.seq).toBe(40n);
});

test('B1: whoever is on the whole list no more has left, also where nobody recorded a leave', async () => {
  world.server.members = [anna, ben];
  const { heard } = await enter(world);
  world.server.cut();
  // A restarted server does not remember that somebody became audience.
  world.server.resumed = { whole: true, media: true, rights: 255, members: [ben], seq: 1_048_580n };
  await world.pass(1000);
  expect(only(heard, 'onRemoteUserLeaveRoom')).toEqual([['anna', 0, expect.objectContaining({ code: 'left' })]]);
  expect(only(heard, 'onUserVideoAvailable').at(-1)).toEqual(['anna', 0]);
});

test('frames that come in one batch are told in their order', async () => {
  const { heard } = await enter(world);
  const frame = (seq: bigint, userId: string) => ({
    seq,
    frame: { case: 'memberEntered', value: { userId } } as const,
  });
  world.server.tell({ case: 'batch', value: { frames: [frame(3n, 'anna'), frame(4n, 'ben'), frame(3n, 'carl')] } });
  await world.pass(50);
  expect(only(heard, 'onRemoteUserEnterRoom')).toEqual([['anna'], ['ben']]);
});

test('B5: the slots of a return replace the old ones, also where a missed leave freed one for another', async () => {
  world.server.members = [anna, ben];
  const { cloud } = await enter(world);
  cloud.startRemoteView('anna', null);
  world.server.tell({ case: 'slotBound', value: { mid: '9', userId: 'anna', stream: Stream.BIG } });
  world.server.tell({ case: 'slotBound', value: { mid: '3', userId: 'ben', stream: Stream.AUDIO } });
  await world.pass(50);
  const session = (cloud as unknown as { session: { receiver: { slotOf(mid: string): unknown } } }).session;
  world.server.cut();
  world.server.tell({ case: 'memberLeft', value: { userId: 'anna', reason: 0 } }, 8n);
  world.server.tell({ case: 'memberEntered', value: { userId: 'anna' } }, 9n);
  world.server.resumed = {
    media: true,
    rights: 255,
    seq: 9n,
    slots: [{ mid: '9', userId: 'anna', stream: Stream.BIG }],
  };
  await world.pass(1000);
  expect(session.receiver.slotOf('9')).toMatchObject({ user: 'anna', stream: Stream.BIG });
  expect(session.receiver.slotOf('3')).toBeUndefined();
});

test('B6: no list and no strange word puts anybody out but an explicit exit', async () => {
  const { heard } = await enter(world);
  world.server.tell({ case: 'memberLeft', value: { userId: 'me', reason: 2 } });
  world.server.tell({ case: 'slotUnbound', value: { mid: '99' } });
  world.server.tell({ case: 'slotBound', value: { mid: '99', userId: 'anna', stream: Stream.BIG } });
  world.server.tell({ case: 'problem', value: { code: -102016, message: 'somebody shares already' } });
  world.server.tell({ case: 'problem', value: { code: 5103, message: 'busy' } });
  await world.pass(1000);
  expect(heard.slice(1)).toEqual([
    ['onError', -102016, 'somebody shares already'],
    ['onWarning', 5103, 'busy', null],
  ]);
  expect(world.server.present).toBe(1);
});

const ends = Object.keys(exits) as Array<keyof typeof exits>;

test.each(ends)('F2 F3 D10 D13: a stay that ended meanwhile as %s ends so here, and nobody returns', async (code) => {
  const { cloud, heard } = await enter(world);
  cloud.startLocalPreview(null);
  world.server.lastWord = lastWord(code);
  world.server.cut();
  await world.pass(1000);
  const detail = expect.objectContaining({ code, actor: 'api:k', rule: 'idle' });
  expect(only(heard, 'onExitRoom')).toEqual([[exits[code].self, detail]]);
  const { length } = world.server.sockets;
  await world.pass(5 * 60_000);
  expect(world.server.sockets).toHaveLength(length);
  expect(world.server.said('enter')).toHaveLength(1);
  expect(world.left).toEqual([]);
});

test.each(['drained', 'too_slow', 'timed_out', 'node_lost'] as const)(
  'I-2: %s is said once, and is the end of the stay, inside as well',
  async (code) => {
    const { heard } = await enter(world);
    world.server.end(code);
    await world.pass(5 * 60_000);
    expect(only(heard, 'onExitRoom')).toEqual([[3, expect.objectContaining({ code })]]);
    expect(world.server.sockets).toHaveLength(1);
    expect(world.left).toEqual([]);
  },
);

test('D9 H1: a return that is refused ends the stay with 3, and frees everything', async () => {
  const { cloud, heard } = await enter(world);
  cloud.startLocalPreview(null);
  await world.pass(50);
  world.server.mood = 'refusing';
  world.server.cut();
  await world.pass(5000);
  expect(only(heard, 'onExitRoom')).toEqual([
    [3, expect.objectContaining({ code: 'refused', text: 'the UserSig is wrong' })],
  ]);
  expect(only(heard, 'onError')).toHaveLength(1);
  expect(world.left).toEqual([]);
});

test('a server that only starts up is no reason to leave', async () => {
  const { heard } = await enter(world);
  world.server.mood = 'refusing';
  world.server.refusal = { code: -7, message: 'the server is stopping' };
  world.server.cut();
  await world.pass(4000);
  world.server.mood = 'open';
  await world.pass(5000);
  expect(only(heard, 'onExitRoom')).toEqual([]);
  expect(only(heard, 'onConnectionRecovery')).toHaveLength(1);
});

test('L5: a server that falls silent is noticed in 2 s, although its socket stays open', async () => {
  const { heard } = await enter(world);
  await world.pass(950);
  world.server.mood = 'silent';
  await world.pass(2100);
  expect(only(heard, 'onConnectionLost')).toHaveLength(1);
  world.server.mood = 'open';
  await world.pass(8000);
  expect(only(heard, 'onConnectionRecovery')).toHaveLength(1);
});

test('D7 D12: a socket that does not open is replaced within 3 s, and is heard no more', async () => {
  const { heard } = await enter(world);
  world.server.mood = 'hanging';
  world.server.cut();
  await world.pass(400);
  const [, hanging] = world.server.sockets;
  world.server.mood = 'open';
  await world.pass(4000);
  expect(world.server.sockets).toHaveLength(3);
  expect(only(heard, 'onConnectionRecovery')).toHaveLength(1);
  hanging?.accept();
  hanging?.deliver(lastWord('removed'));
  hanging?.shut(4501, '');
  await world.pass(1000);
  expect(only(heard, 'onExitRoom')).toEqual([]);
  expect(world.server.said('resume')).toHaveLength(1);
});

test('D12: a socket that hangs in closing delays nothing, and is heard no more', async () => {
  const { heard } = await enter(world);
  const [old] = world.server.sockets;
  world.server.mood = 'silent';
  await world.pass(4000);
  world.server.mood = 'open';
  await world.pass(7000);
  old?.deliver(lastWord('removed'));
  old?.shut(4501, '');
  await world.pass(1000);
  expect(only(heard, 'onExitRoom')).toEqual([]);
  expect(only(heard, 'onConnectionRecovery')).toHaveLength(1);
});

test('a microphone that is muted while the socket is lost is silent at once, and the words follow', async () => {
  const { cloud } = await enter(world);
  cloud.startLocalAudio();
  await world.pass(500);
  world.server.cut();
  await world.pass(50);
  cloud.muteLocalAudio(true);
  expect(FakeTrack.all.filter(({ kind }) => kind === 'audio').at(-1)?.enabled).toBe(false);
  await world.pass(1000);
  expect(world.server.said('publish').at(-1)).toMatchObject({ stream: Stream.AUDIO, muted: true });
  world.server.cut();
  await world.pass(50);
  cloud.stopLocalAudio();
  await world.pass(1000);
  expect(world.server.said('unpublish').at(-1)).toMatchObject({ stream: Stream.AUDIO });
});
