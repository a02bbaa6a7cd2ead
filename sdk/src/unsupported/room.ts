import type { TRTCSwitchRoomParam } from '../define';
import { type Neutral, nothing } from './report';

/** A switch for more logging. */
export class TRTCConfig {
  private debugMode = false;

  setDebugMode(enable: boolean): void {
    this.debugMode = enable;
  }

  getDebugMode(): boolean {
    return this.debugMode;
  }
}

/** Between rooms: what needs a relay from one room into another. */
export interface RoomMembers {
  getConfigObject(): TRTCConfig;
  switchRoom(params: TRTCSwitchRoomParam): void;
  connectOtherRoom(params: string): void;
  disconnectOtherRoom(): void;
}

/** What each of them returns. */
export const room: Neutral<RoomMembers> = {
  getConfigObject: () => new TRTCConfig(),
  switchRoom: nothing,
  connectOtherRoom: nothing,
  disconnectOtherRoom: nothing,
};
