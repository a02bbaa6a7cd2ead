import type {
  TRTCBeautyStyle,
  TRTCCameraCaptureParams,
  TRTCImageBuffer,
  TRTCVideoBufferType,
  TRTCVideoPixelFormat,
  TRTCVideoRenderCallback,
  TRTCVideoRotation,
  TRTCVideoStreamType,
  TRTCWaterMarkSrcType,
} from '../define';
import { type Neutral, nothing, refused } from './report';

/** Picture: effects, layers, snapshots and raw frames. */
export interface VideoMembers {
  setCameraCaptureParams(params: TRTCCameraCaptureParams): void;
  setVideoMuteImage(imageBuffer: TRTCImageBuffer | null, fps: number): void;
  setNetworkQosParam(params: any): void;
  setVideoEncoderRotation(rotation: TRTCVideoRotation): void;
  setVideoEncoderMirror(mirror: boolean): void;
  snapshotVideo(userId: string, type: TRTCVideoStreamType): void;
  /** @deprecated by TRTC. */
  setExternalRenderEnabled(enabled: boolean): void;
  /** @deprecated by TRTC. */
  setCaptureLocalVideoEnabled(enabled: boolean): void;
  setBeautyStyle(style: TRTCBeautyStyle, beauty: number, white: number, ruddiness: number): void;
  setWaterMark(
    streamType: TRTCVideoStreamType,
    srcData: ArrayBuffer | string | null,
    srcType: TRTCWaterMarkSrcType,
    nWidth: number,
    nHeight: number,
    xOffset: number,
    yOffset: number,
    fWidthRatio: number,
  ): void;
  setLocalVideoRenderCallback(
    pixelFormat: TRTCVideoPixelFormat,
    bufferType: TRTCVideoBufferType,
    callback: TRTCVideoRenderCallback | null,
  ): number;
  setRemoteVideoRenderCallback(
    userId: string,
    pixelFormat: TRTCVideoPixelFormat,
    bufferType: TRTCVideoBufferType,
    callback: TRTCVideoRenderCallback | null,
  ): number;
  addLocalVideoRenderCallback(): void;
  removeLocalVideoRenderCallback(): void;
  /** @deprecated by TRTC. */
  setRenderMode(mode?: number): void;
  /** @deprecated by TRTC. */
  setEnableRenderFrame(enable: boolean): void;
}

/** What each of them returns. */
export const video: Neutral<VideoMembers> = {
  setCameraCaptureParams: nothing,
  setVideoMuteImage: nothing,
  setNetworkQosParam: nothing,
  setVideoEncoderRotation: nothing,
  setVideoEncoderMirror: nothing,
  snapshotVideo: nothing,
  setExternalRenderEnabled: nothing,
  setCaptureLocalVideoEnabled: nothing,
  setBeautyStyle: nothing,
  setWaterMark: nothing,
  setLocalVideoRenderCallback: refused,
  setRemoteVideoRenderCallback: refused,
  addLocalVideoRenderCallback: nothing,
  removeLocalVideoRenderCallback: nothing,
  setRenderMode: nothing,
  setEnableRenderFrame: nothing,
};
