import { type TRTCVideoEncParam, TRTCVideoResolution, TRTCVideoResolutionMode } from './define';
import type { SendLimits } from './media';

/** Width and height in pixels that an encoder parameter names; its names are the table. */
export function sizeOf(param: TRTCVideoEncParam): { width: number; height: number } {
  const [, across = 640, down = 360] = (TRTCVideoResolution[param.videoResolution] ?? '').split('_').map(Number);
  const portrait = param.resMode === TRTCVideoResolutionMode.TRTCVideoResolutionModePortrait;
  return portrait ? { width: down, height: across } : { width: across, height: down };
}

/** What a camera is asked for, to feed an encoder with this parameter. */
export function cameraConstraints(param: TRTCVideoEncParam, deviceId: string): MediaTrackConstraints {
  const { width, height } = sizeOf(param);
  return {
    ...(deviceId && { deviceId: { exact: deviceId } }),
    width: { ideal: width },
    height: { ideal: height },
    frameRate: { ideal: param.videoFps },
  };
}

/** What an encoder may send, when it is fed with this track. */
export function limitsOf(param: TRTCVideoEncParam, track: MediaStreamTrack): SendLimits {
  const { width, height } = sizeOf(param);
  const captured = track.getSettings();
  // The larger factor, so that a screen of another shape fits into the wanted size whole.
  const scaleDownBy = Math.max((captured.width ?? width) / width, (captured.height ?? height) / height, 1);
  return { bitrate: param.videoBitrate * 1000, frameRate: param.videoFps, scaleDownBy };
}
