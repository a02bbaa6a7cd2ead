import { afterEach, expect, test } from 'vitest';
import { TRTCAppScene, TRTCCloud } from '../src/index';
import { dice } from './dice';
import { type Heard, listen, only, ticket, World } from './world';

let world: World;
afterEach(() => world.close());

/** What must be true of any calls in any order: each entry that is accepted is answered by exactly one exit. */
interface Model {
  accepted: number;
  open: boolean;
}

type Step = (cloud: TRTCCloud, model: Model, heard: Heard[]) => void;

const leave = (model: Model) => {
  model.open = false;
};

const steps: Step[] = [
  (cloud, model) => {
    if (!model.open) model.accepted++;
    model.open = true;
    cloud.enterRoom(ticket(), TRTCAppScene.TRTCAppSceneVideoCall);
  },
  (cloud, model) => {
    void cloud.exitRoom();
    leave(model);
  },
  (cloud) => cloud.startLocalPreview(null),
  (cloud) => cloud.stopLocalPreview(),
  (cloud) => cloud.startLocalAudio(),
  (cloud) => cloud.stopLocalAudio(),
  (cloud) => cloud.startScreenCapture(),
  (cloud) => cloud.stopScreenCapture(),
  (cloud) => cloud.setCurrentCameraDevice('cam'),
  (cloud) => cloud.muteLocalAudio(true),
  (cloud) => cloud.muteLocalVideo(false),
  (cloud) => cloud.startRemoteView('anna', null),
  (cloud) => cloud.enableAudioVolumeEvaluation(100),
  () => world.server.cut(),
  () => {
    world.server.mood = 'unreachable';
  },
  () => {
    world.server.mood = 'silent';
  },
  () => {
    world.server.mood = 'open';
  },
  () => {
    world.devices.delayMs = 300;
  },
  () => {
    world.devices.failures = ['NotReadableError', 'NotAllowedError'];
  },
];

test.each(Array.from({ length: 60 }, (_, seed) => seed))(
  'C20 D3: any calls in any order, seed %i: one exit for each entry, and nothing is left',
  async (seed) => {
    world = new World();
    const roll = dice(seed);
    const cloud = new TRTCCloud();
    const heard = listen(cloud);
    const model: Model = { accepted: 0, open: false };
    for (let i = 0; i < 80; i++) {
      steps[roll(steps.length)]?.(cloud, model, heard);
      // Never so long that an entry may fail by itself, which an application would see, and this model does not.
      if (roll(3) > 0) await world.pass([0, 1, 7, 20, 400][roll(5)] ?? 0);
    }
    await Promise.all([cloud.exitRoom(), world.pass(1000)]);
    cloud.stopLocalPreview();
    cloud.stopLocalAudio();
    cloud.stopScreenCapture();
    await world.pass(1000);
    expect(only(heard, 'onExitRoom')).toHaveLength(model.accepted);
    expect(world.left).toEqual([]);
    // Stays whose goodbye the network swallowed end by the server's own patience.
    await world.pass(10_000);
    expect(world.server.present).toBe(0);
  },
);
