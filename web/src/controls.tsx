// The buttons below the tiles.
import { useEffect, useRef } from 'preact/hooks';
import type { CallControl } from './call';
import { DeviceMenu } from './device-menu';
import { CameraIcon, CameraOffIcon, DevicesIcon, LeaveIcon, MicIcon, MicOffIcon, ShareIcon } from './icons';
import { KEYS, type Shortcuts } from './shortcuts';
import type { Call } from './state';

interface Props {
  call: Call;
  control: CallControl;
  menu: boolean;
  setMenu: (open: boolean) => void;
  shortcuts: Shortcuts;
}

/** Telephones have no screen to share (Screen Capture §5.1 is absent there). */
const canShare = typeof navigator !== 'undefined' && 'getDisplayMedia' in (navigator.mediaDevices ?? {});

export function Controls({ call, control, menu, setMenu, shortcuts }: Props) {
  const { self, part } = call;
  const hint = (key: string) => (shortcuts.on ? key : '');
  const menuButton = useRef<HTMLButtonElement>(null);
  const close = () => {
    setMenu(false);
    menuButton.current?.focus();
  };
  return (
    <div class="controls">
      {self.share === 'on' && (
        <p class="sharing" role="status">
          <ShareIcon /> You are sharing your screen.
          <button type="button" onClick={() => control.toggleShare()}>
            Stop
          </button>
        </p>
      )}
      {menu && <DeviceMenu control={control} shortcuts={shortcuts} onClose={close} />}
      <div class="bar" role="toolbar" aria-label="Call">
        {part === 'speaker' && <Own call={call} control={control} hint={hint} />}
        <button
          type="button"
          class="tool"
          ref={menuButton}
          aria-label="Devices"
          aria-haspopup="dialog"
          aria-expanded={menu}
          aria-keyshortcuts={hint(KEYS.devices) || undefined}
          data-hint={hint(KEYS.devices)}
          onClick={() => setMenu(!menu)}
        >
          <DevicesIcon />
          <span class="tool-name" aria-hidden="true">
            Devices
          </span>
        </button>
        <span class="bar-gap" />
        <button
          type="button"
          class="tool leave"
          aria-label="Leave"
          aria-keyshortcuts={hint(KEYS.leave) || undefined}
          data-hint={hint('⇧ L')}
          disabled={call.phase === 'leaving'}
          onClick={() => control.leave()}
        >
          <LeaveIcon />
          <span class="tool-name" aria-hidden="true">
            {call.phase === 'leaving' ? 'Leaving…' : 'Leave'}
          </span>
        </button>
      </div>
      <span class="unseen" aria-live="polite">
        {part === 'speaker' && (self.mic === 'on' ? '' : 'You are muted')}
      </span>
    </div>
  );
}

function Own({ call, control, hint }: { call: Call; control: CallControl; hint: (key: string) => string }) {
  const { mic, camera, share, troubles } = call.self;
  return (
    <>
      <Tool
        name={mic === 'on' ? 'Mute' : 'Unmute'}
        pressed={mic !== 'on'}
        off={mic !== 'on'}
        hint={hint(KEYS.mic)}
        trouble={troubles.microphone}
        onClick={() => control.toggleMic()}
        icon={mic === 'on' ? <MicIcon /> : <MicOffIcon />}
        label="Mute"
      />
      <Tool
        name="Camera"
        pressed={camera === 'on'}
        off={camera !== 'on'}
        hint={hint(KEYS.camera)}
        trouble={troubles.camera}
        onClick={() => control.toggleCamera()}
        icon={camera === 'on' ? <CameraIcon /> : <CameraOffIcon />}
        label="Camera"
      />
      {canShare && (
        <Tool
          name="Share"
          pressed={share !== 'off'}
          active={share !== 'off'}
          hint={hint(KEYS.share)}
          trouble={undefined}
          onClick={() => control.toggleShare()}
          icon={<ShareIcon />}
          label="Share screen"
        />
      )}
    </>
  );
}

interface ToolProps {
  name: string;
  label: string;
  pressed: boolean;
  off?: boolean;
  active?: boolean;
  hint: string;
  trouble: string | undefined;
  icon: preact.JSX.Element;
  onClick: () => void;
}

/** Tool is a button with two states: its label stays, aria-pressed tells the state. */
function Tool({ name, label, pressed, off, active, hint, trouble, icon, onClick }: ToolProps) {
  const button = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (button.current) button.current.title = trouble ?? '';
  }, [trouble]);
  const classes = ['tool', off && 'off', active && 'active', trouble && 'troubled'].filter(Boolean).join(' ');
  return (
    <button
      type="button"
      ref={button}
      class={classes}
      aria-label={label}
      aria-pressed={pressed}
      aria-keyshortcuts={hint || undefined}
      data-hint={hint}
      onClick={onClick}
    >
      {icon}
      <span class="tool-name" aria-hidden="true">
        {name}
      </span>
    </button>
  );
}
