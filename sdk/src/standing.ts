import { TRTCAppScene, type TRTCParams, TRTCRoleType } from './define';
import type { Fire } from './local';
import type { Rights } from './notices';
import type { Saying } from './signal';
import { type RightsChanged, type RoleSwitched, Stream } from './wire/exeunt/v1/signal_pb';

const everything = 255;

const toSend: Readonly<Record<number, number>> = { [Stream.AUDIO]: 4, [Stream.BIG]: 16, [Stream.SUB]: 64 };

/** What this member is in the room, and what it may do there. What it asked for is asked again until it is answered. */
export class Standing {
  private rights = everything;
  private role: { role: number; privateMapKey: string } | null = null;
  private permit = '';

  /** `changed` is called whenever something may be sent that might not, or the other way round. */
  constructor(
    private readonly params: TRTCParams,
    private readonly scene: TRTCAppScene,
    private readonly fire: Fire,
    private readonly say: (frame: Saying) => boolean,
    private readonly changed: () => void,
  ) {}

  /** Whether a stream may be sent at all. */
  may(stream: Stream): boolean {
    return this.publishes && (this.rights & (toSend[stream] ?? 0)) !== 0;
  }

  /** Whether this member is one that is seen and heard. */
  get publishes(): boolean {
    return !this.rolesCount || this.params.role === TRTCRoleType.TRTCRoleAnchor;
  }

  // In call scenes everybody is an anchor, whatever the parameters say (TRTC).
  private get rolesCount(): boolean {
    const { TRTCAppSceneVideoCall: video, TRTCAppSceneAudioCall: audio } = TRTCAppScene;
    return this.scene !== video && this.scene !== audio;
  }

  /** Asks for another role; onSwitchRole has the answer. */
  switchRole(role: TRTCRoleType, privateMapKey: string): void {
    this.role = { role, privateMapKey };
    this.say({ case: 'switchRole', value: this.role });
  }

  /** Brings a newer PrivateMapKey; onRightsChanged has the answer. */
  updatePermit(privateMapKey: string): void {
    this.params.privateMapKey = privateMapKey;
    this.permit = privateMapKey;
    this.say({ case: 'updatePermit', value: { privateMapKey } });
  }

  /** A session began, or goes on: it has this role and these rights, and hears what was never answered. */
  take(role: number, rights: number): void {
    this.rights = rights;
    if (this.rolesCount && role && role !== this.params.role) this.switched({ code: 0, message: '', role });
    if (this.role) this.switchRole(this.role.role, this.role.privateMapKey);
    if (this.permit) this.updatePermit(this.permit);
  }

  /** The answer to switchRole. */
  switched({ code, message, role }: Pick<RoleSwitched, 'code' | 'message' | 'role'>): void {
    if (code === 0) {
      this.params.role = role;
      if (this.role?.privateMapKey) this.params.privateMapKey = this.role.privateMapKey;
    }
    this.role = null;
    this.fire('onSwitchRole', code, message);
    this.changed();
  }

  /** The rights are others now, whoever changed them. */
  rightsChanged({ rights, audioBlocked, videoBlocked }: RightsChanged): void {
    this.rights = rights;
    this.permit = '';
    const news: Rights = { rights, audioBlocked, videoBlocked };
    this.fire('onRightsChanged', news);
    this.changed();
  }
}
