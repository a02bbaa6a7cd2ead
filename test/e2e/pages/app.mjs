// What the ten applications have in common. Each page gives `window.begin(wish)`, which enters with camera and
// microphone, and `window.leave()`, which leaves in the way that the page shows.
import { TRTCAppScene, TRTCParams } from 'trtc-electron-sdk';

window.exits = [];
window.calling = false;

/** What an application's handler of onExitRoom reports to the test. */
export function heard(reason) {
  window.exits.push({ reason, at: performance.now(), inside: window.calling, open: window.ledger.open() });
}

export function params({ app, user, sig, room }, Params = TRTCParams) {
  return Object.assign(new Params(), { sdkAppId: app, userId: user, userSig: sig, roomId: room });
}

/** Enters with camera and microphone. */
export function enter(cloud, wish, Params) {
  cloud.on('onEnterRoom', (result) => window.entries.push(result));
  cloud.enterRoom(params(wish, Params), TRTCAppScene.TRTCAppSceneVideoCall);
  publish(cloud);
}

window.entries = [];

export function publish(cloud) {
  cloud.startLocalPreview(document.body);
  cloud.startLocalAudio();
}

/** Calls `leave` as a test wants it: says what was live right after it, and when it began. */
window.depart = () => {
  window.departedAt = performance.now();
  window.calling = true;
  window.leave();
  window.calling = false;
  return window.ledger.live();
};
