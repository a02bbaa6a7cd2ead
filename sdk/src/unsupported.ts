import { type AudioMembers, audio } from './unsupported/audio';
import { type CustomMembers, custom } from './unsupported/custom';
import { type DeviceMembers, device } from './unsupported/device';
import { type EffectMembers, effect } from './unsupported/effect';
import { type PublishMembers, publish } from './unsupported/publish';
import { type Neutral, unsupportedClass } from './unsupported/report';
import { type RoomMembers, room } from './unsupported/room';
import { type ScreenMembers, screen } from './unsupported/screen';
import { type ToolMembers, tool } from './unsupported/tool';
import { type VideoMembers, video } from './unsupported/video';

/** Every member of TRTCCloud that is not there yet. */
export interface UnsupportedMembers
  extends AudioMembers,
    CustomMembers,
    DeviceMembers,
    EffectMembers,
    PublishMembers,
    RoomMembers,
    ScreenMembers,
    ToolMembers,
    VideoMembers {}

/** The list of them. `docs/coverage.md` is made from it. */
export const unsupported: Neutral<UnsupportedMembers> = {
  ...audio,
  ...custom,
  ...device,
  ...effect,
  ...publish,
  ...room,
  ...screen,
  ...tool,
  ...video,
};

/**
 * The base of TRTCCloud: an application that calls what is missing hears `onError(ERR_NOT_SUPPORTED)` and goes on.
 * A member that TRTCCloud itself has wins over the one here.
 */
export const Unsupported = unsupportedClass<UnsupportedMembers>('TRTCCloud', unsupported);
