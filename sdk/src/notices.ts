// What the application is told by events of our own, beside TRTC's.

/** The second argument of onRemoteUserPresence: whether there are signs of life of somebody in the room. */
export interface Presence {
  unstable: boolean;
  /** What was noticed: `silence`, `socket`, `media` or `restart`; empty when stable, or not known. */
  cause: string;
  /** Milliseconds until the stay ends unless there is a sign of life; 0 when stable, or not known. */
  goneInMs: number;
}

/** The argument of onRightsChanged: what this member may do from now on. */
export interface Rights {
  /** PrivateMapKey bits (TRTC): 4 and 8 send and receive audio, 16 and 32 video, 64 and 128 the screen. */
  rights: number;
  /** Whether the back end took the microphone or the pictures away (TRTC, SetUserBlocked). */
  audioBlocked: boolean;
  videoBlocked: boolean;
}
