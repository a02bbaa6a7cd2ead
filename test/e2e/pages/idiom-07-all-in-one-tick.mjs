// Leaves, destroys, makes a new instance and enters the same room as the same user, all in one tick; a sub-cloud, too.
import TRTCCloud from 'trtc-electron-sdk';
import { enter, heard, params, publish } from './app.mjs';

let trtc = TRTCCloud.getTRTCShareInstance();
trtc.on('onExitRoom', heard);
let sub;
let wishes;

const attempt = (step) => {
  try {
    step();
  } catch (error) {
    window.exits.push({ thrown: String(error) });
  }
};

window.begin = (wish) => {
  wishes = wish;
  enter(trtc, wish);
  sub = trtc.createSubCloud();
  sub.on('onEnterRoom', (result) => window.entries.push(result));
  sub.enterRoom(params({ ...wish, room: wish.room + 1000 }), 0);
};
window.leave = () => {
  attempt(() => trtc.stopScreenCapture());
  attempt(() => trtc.stopRemoteView('wes', 0));
  attempt(() => trtc.stopLocalAudio());
  attempt(() => sub.exitRoom());
  attempt(() => trtc.exitRoom());
  attempt(() => sub.destroy());
  attempt(() => TRTCCloud.destroyTRTCShareInstance());
  // What is live here is read by the test before the new instance opens anything: captures take turns.
  trtc = TRTCCloud.getTRTCShareInstance();
  trtc.on('onExitRoom', heard);
  attempt(() => trtc.on('onEnterRoom', (result) => window.entries.push(result)));
  attempt(() => trtc.enterRoom(params(wishes), 0));
  attempt(() => publish(trtc));
  sub = trtc.createSubCloud();
  sub.on('onEnterRoom', (result) => window.entries.push(result));
  attempt(() => sub.enterRoom(params({ ...wishes, room: wishes.room + 1000 }), 0));
};
