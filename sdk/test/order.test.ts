import { afterEach, expect, test } from 'vitest';
import { TRTCAppScene, TRTCCloud, TRTCVideoStreamType } from '../src/index';
import { Ledger } from '../src/ledger';
import { LocalMedia } from '../src/local';
import { dice } from './dice';
import { FakeTrack } from './fakeBrowser';
import { enter, listen, only, ticket, World } from './world';

const scene = TRTCAppScene.TRTCAppSceneVideoCall;

let world: World;
afterEach(() => world.close());

const live = () => FakeTrack.all.filter(({ readyState }) => readyState === 'live');

type Operation = (local: LocalMedia) => void;

const operations: Operation[] = [
  (local) => void local.startCamera(),
  (local) => local.stopCamera(),
  (local) => local.chooseCamera('another'),
  (local) => void local.startMic(),
  (local) => local.stopMic(),
  (local) => local.chooseMic('another'),
  (local) => void local.startScreen(TRTCVideoStreamType.TRTCVideoStreamTypeSub),
  (local) => local.stopScreen(),
  () => live()[0]?.end(),
  () => live().at(-1)?.interrupt(true),
  () => {
    world.devices.delayMs = 200;
  },
  () => {
    world.devices.delayMs = 0;
  },
  () => {
    world.devices.failures = ['NotReadableError', 'NotAllowedError'];
  },
];

test('C4: 1,000 random orders: one question and one track a device, and none of either after the exit', async () => {
  world = new World();
  for (let seed = 0; seed < 1000; seed++) {
    const roll = dice(seed);
    FakeTrack.all.length = 0;
    Object.assign(world.devices, { delayMs: 0, failures: [], mostAtOnce: 0 });
    const ledger = new Ledger();
    const local = new LocalMedia(
      ledger,
      () => {},
      () => {},
    );
    for (let i = 0; i < 20; i++) {
      operations[roll(operations.length)]?.(local);
      if (roll(2) > 0) await world.pass([0, 1, 60, 250][roll(4)] ?? 0);
      expect(live().length, `seed ${seed}`).toBeLessThanOrEqual(3);
    }
    local.release();
    ledger.release();
    // What had been answered in this very moment arrives now.
    await world.pass(0);
    expect(live(), `seed ${seed}`).toEqual([]);
    const { asked } = world.devices;
    await world.pass(3000);
    expect(live(), `seed ${seed}`).toEqual([]);
    expect(ledger.open, `seed ${seed}`).toEqual([]);
    expect(world.devices.asked, `seed ${seed}: asked after the exit`).toBe(asked);
    expect(world.devices.mostAtOnce, `seed ${seed}: questions at once`).toBeLessThanOrEqual(1);
  }
}, 60_000);

test('C4: a question that hangs in a driver holds up the next one for five seconds', async () => {
  world = new World();
  const cloud = new TRTCCloud();
  world.devices.delayMs = 3_600_000;
  cloud.startLocalPreview(null);
  await world.pass(10);
  cloud.stopLocalPreview();
  world.devices.delayMs = 0;
  cloud.startLocalPreview(null);
  await world.pass(4900);
  expect(world.devices.asked).toBe(1);
  await world.pass(200);
  expect(world.devices.asked).toBe(2);
  expect(live()).toHaveLength(1);
  cloud.stopLocalPreview();
  await world.pass(3_600_000);
  expect(live()).toEqual([]);
});

async function inside(cloud: TRTCCloud): Promise<void> {
  cloud.enterRoom(ticket(), scene);
  await world.pass(50);
}

/** Every state that an application may find itself in, and how it gets there. */
const states: Array<[name: string, reach: (cloud: TRTCCloud) => void | Promise<void>]> = [
  ['before any room', () => {}],
  ['entering', (cloud) => cloud.enterRoom(ticket(), scene)],
  ['inside', inside],
  [
    'reconnecting',
    async (cloud) => {
      await inside(cloud);
      world.server.mood = 'unreachable';
      world.server.cut();
      await world.pass(500);
    },
  ],
  [
    'refused',
    (cloud) => {
      world.server.mood = 'refusing';
      return inside(cloud);
    },
  ],
  [
    'leaving',
    async (cloud) => {
      await inside(cloud);
      void cloud.exitRoom();
    },
  ],
  [
    'outside again',
    async (cloud) => {
      await inside(cloud);
      await Promise.all([cloud.exitRoom(), world.pass(600)]);
    },
  ],
  ['destroyed', (cloud) => cloud.destroy()],
];

test.each(states)('C18: exitRoom is legal %s, and as often as one likes', async (_, reach) => {
  world = new World();
  const cloud = new TRTCCloud();
  const heard = listen(cloud);
  await reach(cloud);
  const exits = [cloud.exitRoom(), cloud.exitRoom()];
  await Promise.all([...exits, world.pass(600)]);
  await Promise.all([cloud.exitRoom(), world.pass(600)]);
  expect(only(heard, 'onExitRoom').length).toBeLessThanOrEqual(1);
  expect(world.left).toEqual([]);
  await world.pass(20_000);
  expect(world.server.present).toBe(0);
});

test.each(['exitRoom', 'destroy'] as const)(
  'C18: a component that is mounted twice and unmounted by %s, 100 times, leaves one stay',
  async (way) => {
    world = new World();
    let cloud = new TRTCCloud();
    const mount = () => {
      if (way === 'destroy') cloud = TRTCCloud.getTRTCShareInstance();
      cloud.enterRoom(ticket(), scene);
      cloud.startLocalPreview(null);
      cloud.startLocalAudio();
    };
    const unmount = () => {
      if (way === 'destroy') TRTCCloud.destroyTRTCShareInstance();
      else void cloud.exitRoom();
    };
    if (way === 'destroy') cloud.destroy();
    for (let i = 0; i < 100; i++) {
      mount();
      unmount();
      mount();
      if (i % 2) await world.pass(30);
      unmount();
    }
    mount();
    await world.pass(1000);
    expect(world.server.present).toBe(1);
    expect(live().filter(({ muted }) => !muted)).toHaveLength(2);
    unmount();
    await world.pass(1000);
    expect(world.server.present).toBe(0);
    expect(world.left).toEqual([]);
  },
);

test('C20 C21: two clouds in one page take turns at random, and each hears of its own exits only', async () => {
  world = new World();
  for (let seed = 0; seed < 20; seed++) {
    const roll = dice(seed);
    const first = new TRTCCloud();
    const clouds = [first, first.createSubCloud() as TRTCCloud];
    const told = clouds.map(listen);
    const entries = [0, 0];
    const inside = [false, false];
    for (let i = 0; i < 40; i++) {
      const who = roll(2);
      const cloud = clouds[who] as TRTCCloud;
      if (inside[who]) void cloud.exitRoom();
      else {
        cloud.enterRoom(ticket(`me${who}`), scene);
        cloud.startLocalAudio();
        entries[who] = (entries[who] ?? 0) + 1;
      }
      inside[who] = !inside[who];
      await world.pass([0, 5, 60, 500][roll(4)] ?? 0);
    }
    for (const cloud of clouds) void cloud.exitRoom();
    await world.pass(1000);
    expect(
      told.map((heard) => only(heard, 'onExitRoom').length),
      `seed ${seed}`,
    ).toEqual(entries);
    expect(world.left, `seed ${seed}`).toEqual([]);
    first.destroy();
    await world.pass(100);
  }
}, 60_000);

test('C21: one cloud leaves, and the devices and the peer connection of the other go on', async () => {
  world = new World();
  const { cloud } = await enter(world);
  const other = cloud.createSubCloud() as TRTCCloud;
  other.enterRoom(ticket('me2'), scene);
  await world.pass(50);
  for (const each of [cloud, other]) {
    each.startLocalPreview(null);
    await world.pass(50);
  }
  const [first, second] = live().slice(-2);
  void cloud.exitRoom();
  await world.pass(500);
  expect([first?.readyState, second?.readyState]).toEqual(['ended', 'live']);
  expect(world.open.filter((what) => what === 'peer connection')).toHaveLength(1);
  expect(world.server.present).toBe(1);
});
