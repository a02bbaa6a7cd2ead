import type {
  TRTCBeautyStyle,
  TRTCCameraCaptureParams,
  TRTCImageBuffer,
  TRTCRenderParams,
  TRTCVideoBufferType,
  TRTCVideoFillMode,
  TRTCVideoPixelFormat,
  TRTCVideoRenderCallback,
  TRTCVideoRotation,
  TRTCVideoStreamType,
  TRTCWaterMarkSrcType,
} from '../define';
import { type Neutral, nothing, refused } from './report';

/** Picture: looks, effects and the older names of the view calls. */
export interface VideoMembers {
  setCameraCaptureParams(params: TRTCCameraCaptureParams): void;
  setVideoMuteImage(imageBuffer: TRTCImageBuffer | null, fps: number): void;
  setNetworkQosParam(params: any): void;
  setLocalRenderParams(params: TRTCRenderParams): void;
  /** @deprecated by TRTC. */
  setLocalViewFillMode(mode: TRTCVideoFillMode): void;
  setRemoteRenderParams(userId: string, streamType: TRTCVideoStreamType, params: TRTCRenderParams): void;
  /** @deprecated by TRTC. */
  setRemoteViewFillMode(userId: string, mode: TRTCVideoFillMode): void;
  /** @deprecated by TRTC. */
  setLocalViewRotation(rotation: TRTCVideoRotation): void;
  /** @deprecated by TRTC. */
  setRemoteViewRotation(userId: string, rotation: TRTCVideoRotation): void;
  setVideoEncoderRotation(rotation: TRTCVideoRotation): void;
  /** @deprecated by TRTC. */
  setLocalViewMirror(mirror: boolean): void;
  setVideoEncoderMirror(mirror: boolean): void;
  enableSmallVideoStream(enable: boolean, params: any): void;
  setRemoteVideoStreamType(userId: string, streamType: TRTCVideoStreamType): void;
  snapshotVideo(userId: string, type: TRTCVideoStreamType): void;
  /** @deprecated by TRTC. */
  setPriorRemoteVideoStreamType(type: TRTCVideoStreamType): void;
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
  /** @deprecated by TRTC. */
  startRemoteSubStreamView(userId: string, view: HTMLElement): void;
  /** @deprecated by TRTC. */
  stopRemoteSubStreamView(userId: string): void;
  /** @deprecated by TRTC. */
  setRemoteSubStreamViewFillMode(userId: string, mode: TRTCVideoFillMode): void;
  /** @deprecated by TRTC. */
  setRemoteSubStreamViewRotation(userId: string, rotation: TRTCVideoRotation): void;
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
  setLocalRenderParams: nothing,
  setLocalViewFillMode: nothing,
  setRemoteRenderParams: nothing,
  setRemoteViewFillMode: nothing,
  setLocalViewRotation: nothing,
  setRemoteViewRotation: nothing,
  setVideoEncoderRotation: nothing,
  setLocalViewMirror: nothing,
  setVideoEncoderMirror: nothing,
  enableSmallVideoStream: nothing,
  setRemoteVideoStreamType: nothing,
  snapshotVideo: nothing,
  setPriorRemoteVideoStreamType: nothing,
  setExternalRenderEnabled: nothing,
  setCaptureLocalVideoEnabled: nothing,
  setBeautyStyle: nothing,
  setWaterMark: nothing,
  startRemoteSubStreamView: nothing,
  stopRemoteSubStreamView: nothing,
  setRemoteSubStreamViewFillMode: nothing,
  setRemoteSubStreamViewRotation: nothing,
  setLocalVideoRenderCallback: refused,
  setRemoteVideoRenderCallback: refused,
  addLocalVideoRenderCallback: nothing,
  removeLocalVideoRenderCallback: nothing,
  setRenderMode: nothing,
  setEnableRenderFrame: nothing,
};
