// Mixing on this computer. Every method exists and reports ERR_NOT_SUPPORTED.
import type {
  Rect,
  TRTCCameraCaptureParams,
  TRTCScreenCaptureProperty,
  TRTCScreenCaptureSourceInfo,
  TRTCVideoStreamType,
} from '../define';
import type {
  TRTCLocalMediaTranscodingParams,
  TRTCMediaMixingEncParam,
  TRTCMediaSource,
  TRTCOnlineVideoParam,
  TRTCPhoneMirrorParam,
  TRTCStreamLayout,
  TRTCVideoFileParam,
} from '../define/mixing';
import { nothing, refused, unsupportedClass } from './report';

const resolved = () => Promise.resolve();

/** Methods of TRTCMediaMixingManager. */
export interface TRTCMediaMixingManagerMembers {
  destroy(): Promise<void>;
  setDisplayParams(windowID: number | Uint8Array, viewOrRegion: HTMLElement | Rect | null): Promise<void>;
  bindPreviewArea(windowID: Uint8Array | number, viewOrRegion: HTMLElement | Rect | null): Promise<void>;
  addMediaSource(mediaSource: TRTCMediaSource): Promise<void>;
  removeMediaSource(mediaSource: TRTCMediaSource): Promise<void>;
  updateMediaSource(mediaSource: TRTCMediaSource): Promise<void>;
  setCameraCaptureParam(cameraID: string, params: TRTCCameraCaptureParams): void;
  setPhoneMirrorParam(phoneMirrorSourceId: string, param: TRTCPhoneMirrorParam): void;
  setScreenCaptureProperty(screenOrWindowID: string, property: TRTCScreenCaptureProperty): void;
  setOnlineVideoParam(url: string, param: TRTCOnlineVideoParam): void;
  setVideoFileParam(videoFilePath: string, param: TRTCVideoFileParam): void;
  startPublish(): Promise<void>;
  stopPublish(): Promise<void>;
  updatePublishParams(params: TRTCMediaMixingEncParam): Promise<void>;
  setStreamLayout(layout: TRTCStreamLayout): void;
  setMediaServerPath(path?: string): Promise<void>;
  startMediaMixingServer(path?: string, mode?: number): Promise<void>;
  stopMediaMixingServer(): Promise<void>;
  callExperimentalAPI(jsonStr: string): void;
  startCameraDeviceTest(windowID: number | Uint8Array, rect?: Rect): Promise<number>;
  stopCameraDeviceTest(): Promise<number>;
  setCameraTestRenderMirror(mirror: boolean): void;
  setCameraTestDeviceId(cameraId: string): void;
  setCameraTestResolution(width: number, height: number): void;
  setCameraTestVideoPluginPath(path: string): void;
  setCameraTestVideoPluginParameter(params: string): void;
}

/** Mixes cameras, screens and pictures into one stream. */
export class TRTCMediaMixingManager extends unsupportedClass<TRTCMediaMixingManagerMembers>('TRTCMediaMixingManager', {
  destroy: resolved,
  setDisplayParams: resolved,
  bindPreviewArea: resolved,
  addMediaSource: resolved,
  removeMediaSource: resolved,
  updateMediaSource: resolved,
  setCameraCaptureParam: nothing,
  setPhoneMirrorParam: nothing,
  setScreenCaptureProperty: nothing,
  setOnlineVideoParam: nothing,
  setVideoFileParam: nothing,
  startPublish: resolved,
  stopPublish: resolved,
  updatePublishParams: resolved,
  setStreamLayout: nothing,
  setMediaServerPath: resolved,
  startMediaMixingServer: resolved,
  stopMediaMixingServer: resolved,
  callExperimentalAPI: nothing,
  startCameraDeviceTest: async () => refused(),
  stopCameraDeviceTest: async () => refused(),
  setCameraTestRenderMirror: nothing,
  setCameraTestDeviceId: nothing,
  setCameraTestResolution: nothing,
  setCameraTestVideoPluginPath: nothing,
  setCameraTestVideoPluginParameter: nothing,
}) {}

/** Methods of TRTCMediaMixingService. */
export interface TRTCMediaMixingServiceMembers {
  startMediaMixingServer(path?: string): Promise<void>;
  stopMediaMixingServer(): Promise<void>;
  destroy(): void;
}

/** A mixer in a process of its own. */
export class TRTCMediaMixingService extends unsupportedClass<TRTCMediaMixingServiceMembers>('TRTCMediaMixingService', {
  startMediaMixingServer: resolved,
  stopMediaMixingServer: resolved,
  destroy: nothing,
}) {}

/** Methods of TRTCLocalMediaTranscoder. */
export interface TRTCLocalMediaTranscoderMembers {
  destroy(): void;
  startTranscoding(streamType: TRTCVideoStreamType, params: TRTCLocalMediaTranscodingParams): void;
  updateTranscodingParams(params: TRTCLocalMediaTranscodingParams): void;
  stopTranscoding(): void;
  startCameraSource(deviceId: string): void;
  setCameraCaptureParams(deviceId: string, cameraCaptureParams: TRTCCameraCaptureParams): void;
  stopCameraSource(deviceId: string): void;
  enableCameraGreenScreen(deviceId: string, enable: boolean): void;
  startScreenSource(source: TRTCScreenCaptureSourceInfo, rect: Rect): void;
  updateScreenCaptureProperty(sourceId: string, property: TRTCScreenCaptureProperty): void;
  stopScreenSource(sourceId: string): void;
  addImageSource(path: string, fps: number): void;
  removeImageSource(path: string): void;
  setMixedVideoRenderView(view: HTMLElement | null): void;
}

/** The older local mixer. */
export class TRTCLocalMediaTranscoder extends unsupportedClass<TRTCLocalMediaTranscoderMembers>(
  'TRTCLocalMediaTranscoder',
  {
    destroy: nothing,
    startTranscoding: nothing,
    updateTranscodingParams: nothing,
    stopTranscoding: nothing,
    startCameraSource: nothing,
    setCameraCaptureParams: nothing,
    stopCameraSource: nothing,
    enableCameraGreenScreen: nothing,
    startScreenSource: nothing,
    updateScreenCaptureProperty: nothing,
    stopScreenSource: nothing,
    addImageSource: nothing,
    removeImageSource: nothing,
    setMixedVideoRenderView: nothing,
  },
) {}
