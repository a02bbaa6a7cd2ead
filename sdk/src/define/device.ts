// Cameras, microphones, loudspeakers and screens.
// Names, values and defaults are TRTC's: applications compare and store them.
import { TRTCImageBuffer, type TRTCVideoColorRange, type TRTCVideoColorSpace } from './video';

/** Kind of a device. */
export enum TRTCDeviceType {
  TRTCDeviceTypeUnknown = -1,
  TRTCDeviceTypeMic = 0,
  TRTCDeviceTypeSpeaker = 1,
  TRTCDeviceTypeCamera = 2,
}

/** What happened to a device. */
export enum TRTCDeviceState {
  TRTCDeviceStateAdd = 0,
  TRTCDeviceStateRemove = 1,
  TRTCDeviceStateActive = 2,
  TRTCDefaultDeviceChanged = 3,
}

/** A device. Before the user has allowed access a browser tells neither its name nor its id. */
export class TRTCDeviceInfo {
  constructor(
    /** As in MediaDeviceInfo. */
    public deviceId = '',
    public deviceName = '',
    public deviceProperties: Record<string, any> = {},
  ) {}
}

/** How the capture size of a camera is chosen. */
export enum TRTCCameraCaptureMode {
  TRTCCameraResolutionStrategyAuto = 0,
  TRTCCameraResolutionStrategyPerformance = 1,
  TRTCCameraResolutionStrategyHighQuality = 2,
  TRTCCameraCaptureManual = 3,
}

/** Capture size of a camera in pixels; read when the mode is Manual. */
export interface TRTCCameraCaptureParams {
  mode: TRTCCameraCaptureMode;
  width: number;
  height: number;
  colorSpace?: TRTCVideoColorSpace;
  colorRange?: TRTCVideoColorRange;
}

/** Kind of a thing that can be shared. */
export enum TRTCScreenCaptureSourceType {
  TRTCScreenCaptureSourceTypeUnknown = -1,
  TRTCScreenCaptureSourceTypeWindow = 0,
  TRTCScreenCaptureSourceTypeScreen = 1,
  TRTCScreenCaptureSourceTypeCustom = 2,
}

/** A screen or a window that can be shared. */
export class TRTCScreenCaptureSourceInfo {
  constructor(
    /** A TRTCScreenCaptureSourceType. */
    public type: number = TRTCScreenCaptureSourceType.TRTCScreenCaptureSourceTypeUnknown,
    public sourceId = '',
    public sourceName = '',
    /** Preview. */
    public thumbBGRA: TRTCImageBuffer = new TRTCImageBuffer(),
    /** Icon of the application. */
    public iconBGRA: TRTCImageBuffer = new TRTCImageBuffer(),
    public isMinimizeWindow = false,
    /** Pixels. */
    public width = 0,
    /** Pixels. */
    public height = 0,
    public isMainScreen = false,
  ) {}
}

/** How a screen is shared. */
export class TRTCScreenCaptureProperty {
  constructor(
    public enableCaptureMouse = true,
    public enableHighLight = true,
    public enableHighPerformance = true,
    /** 0xRRGGBB; 0 chooses the default. */
    public highLightColor = 0,
    /** Pixels; 0 chooses the default. */
    public highLightWidth = 0,
    public enableCaptureChildWindow = false,
  ) {}
}
