// The general page: it writes down every event, and lets a test call the cloud as an application does.
import TRTCCloud, { configure, TRTCAppScene, TRTCParams, TRTCRoleType, TRTCVideoStreamType } from 'trtc-electron-sdk';

const names = [
  ...['onEnterRoom', 'onExitRoom', 'onError', 'onWarning', 'onSwitchRole'],
  ...['onRemoteUserEnterRoom', 'onRemoteUserLeaveRoom', 'onUserExit', 'onUserEnter', 'onRemoteUserPresence'],
  ...['onUserVideoAvailable', 'onUserSubStreamAvailable', 'onUserAudioAvailable'],
  ...['onFirstVideoFrame', 'onFirstAudioFrame', 'onSendFirstLocalVideoFrame', 'onSendFirstLocalAudioFrame'],
  ...['onConnectionLost', 'onTryToReconnect', 'onConnectionRecovery', 'onScreenCaptureStopped'],
  ...['onRecvCustomCmdMsg', 'onMissCustomCmdMsg'],
];

const log = [];

/** Writes the events of a cloud down; `who` tells clouds apart. */
function listen(cloud, who) {
  for (const name of names) {
    cloud.on(name, (...args) => {
      const entry = { who, name, args, at: performance.timeOrigin + performance.now() };
      // At this very moment everything must have been given back.
      if (name === 'onExitRoom') entry.open = window.ledger.open();
      log.push(entry);
    });
  }
  return cloud;
}

function params({ user, sig, room, scene, role = TRTCRoleType.TRTCRoleAnchor, app }) {
  const p = new TRTCParams();
  p.sdkAppId = app;
  p.userId = user;
  p.userSig = sig;
  p.role = role;
  if (typeof room === 'number') p.roomId = room;
  else p.strRoomId = room;
  return [p, scene ?? TRTCAppScene.TRTCAppSceneVideoCall];
}

/** A view of its own for each picture. */
function view(name) {
  const found = document.getElementById(name);
  if (found) return found;
  const element = document.createElement('div');
  element.id = name;
  element.style.cssText = 'width: 160px; height: 90px';
  return document.body.appendChild(element);
}

window.room = {
  cloud: listen(new TRTCCloud(), 'main'),
  log,
  listen,
  view,
  TRTCCloud,
  configure,
  enter: (wish) => window.room.cloud.enterRoom(...params(wish)),
  params,
  publish() {
    window.room.cloud.startLocalPreview(view('self'));
    window.room.cloud.startLocalAudio();
  },
  watch(user, type = TRTCVideoStreamType.TRTCVideoStreamTypeBig) {
    window.room.cloud.startRemoteView(user, view(`${user}-${type}`), type);
  },
  /** How many frames of a user's picture were decoded for the element that shows it. */
  async frames(user, type = TRTCVideoStreamType.TRTCVideoStreamTypeBig) {
    const [track] = view(`${user}-${type}`).querySelector('video')?.srcObject?.getVideoTracks() ?? [];
    return track ? window.ledger.decoded(track) : 0;
  },
};
