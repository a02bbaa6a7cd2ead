// Our own small icons: 24 units square, drawn with one stroke, in the colour of the text.
import type { ComponentChildren } from 'preact';

function Icon({ children }: { children: ComponentChildren }) {
  return (
    <svg
      class="icon"
      viewBox="0 0 24 24"
      fill="none"
      stroke="currentColor"
      stroke-width="1.8"
      stroke-linecap="round"
      stroke-linejoin="round"
      aria-hidden="true"
      focusable="false"
    >
      {children}
    </svg>
  );
}

const MIC = (
  <path d="M12 3.5a3 3 0 0 1 3 3v5a3 3 0 0 1-6 0v-5a3 3 0 0 1 3-3ZM5.8 11.2a6.2 6.2 0 0 0 12.4 0M12 17.4v3.1" />
);
const CAMERA = (
  <path d="M5 6.5h8.5a2 2 0 0 1 2 2v7a2 2 0 0 1-2 2H5a2 2 0 0 1-2-2v-7a2 2 0 0 1 2-2ZM15.5 10.6 21 7.4v9.2l-5.5-3.2" />
);
const SLASH = <path d="M4 3.5 20 20.5" />;

export const MicIcon = () => <Icon>{MIC}</Icon>;
export const MicOffIcon = () => (
  <Icon>
    {MIC}
    {SLASH}
  </Icon>
);
export const CameraIcon = () => <Icon>{CAMERA}</Icon>;
export const CameraOffIcon = () => (
  <Icon>
    {CAMERA}
    {SLASH}
  </Icon>
);
export const ShareIcon = () => (
  <Icon>
    <rect x="3" y="4.5" width="18" height="12.5" rx="1.5" />
    <path d="M8.5 20.5h7M12 13.8V8M9.4 10.3 12 7.7l2.6 2.6" />
  </Icon>
);
export const LeaveIcon = () => (
  <Icon>
    <path d="M13 20.5H6.5A1.5 1.5 0 0 1 5 19V5a1.5 1.5 0 0 1 1.5-1.5H13M10.5 12H21M17.4 8.4 21 12l-3.6 3.6" />
  </Icon>
);
export const DevicesIcon = () => (
  <Icon>
    <path d="M4 7h9M17.5 7H20M4 17h2.5M11 17h9" />
    <circle cx="15.25" cy="7" r="2.25" />
    <circle cx="8.75" cy="17" r="2.25" />
  </Icon>
);
export const LinkIcon = () => (
  <Icon>
    <path d="M10 14a4 4 0 0 0 5.7 0l3-3A4 4 0 0 0 13 5.3l-1 1M14 10a4 4 0 0 0-5.7 0l-3 3A4 4 0 0 0 11 18.7l1-1" />
  </Icon>
);
export const CheckIcon = () => (
  <Icon>
    <path d="m5 12.5 4.5 4.5L19 7.5" />
  </Icon>
);
export const CloseIcon = () => (
  <Icon>
    <path d="M6.5 6.5 17.5 17.5M17.5 6.5 6.5 17.5" />
  </Icon>
);
export const PeopleIcon = () => (
  <Icon>
    <circle cx="9" cy="8.5" r="3.2" />
    <path d="M3 19c.5-3.4 2.9-5.2 6-5.2s5.5 1.8 6 5.2M15.5 5.6a3.2 3.2 0 0 1 0 5.8M17.6 14.3c2 .7 3.1 2.3 3.4 4.7" />
  </Icon>
);
export const WarnIcon = () => (
  <Icon>
    <path d="M12 4 21 19.5H3L12 4ZM12 10v4.5M12 17.2v.1" />
  </Icon>
);
export const ArrowIcon = () => (
  <Icon>
    <path d="M5 12h14M13.5 6.5 19 12l-5.5 5.5" />
  </Icon>
);

/** The wordmark: a lit doorway, and the name. */
export function Wordmark() {
  return (
    <span class="wordmark">
      <svg class="wordmark-door" viewBox="0 0 32 32" aria-hidden="true" focusable="false">
        <path class="door-wall" d="M4 30V14a12 12 0 0 1 24 0v16Z" />
        <path class="door-light" d="M10 30V15a6 6 0 0 1 12 0v15Z" />
      </svg>
      exeunt
    </span>
  );
}

/** Doorway after doorway, with light at the end: the picture beside the form and above every ending. */
export function Doorway({ tone }: { tone: 'calm' | 'firm' | 'trouble' }) {
  const arches = [0, 1, 2, 3, 4];
  return (
    <svg
      class={`doorway doorway-${tone}`}
      viewBox="0 0 400 440"
      preserveAspectRatio="xMidYMax meet"
      aria-hidden="true"
      focusable="false"
    >
      {arches.map((i) => {
        const half = 190 - i * 36;
        const top = 20 + i * 46;
        const y = top + half;
        return (
          <path
            key={i}
            class={`arch arch-${i}`}
            d={`M${200 - half} 440V${y}a${half} ${half} 0 0 1 ${half * 2} 0V440Z`}
          />
        );
      })}
      <path class="doorway-beam" d="M154 440 200 440 246 440 330 440 70 440Z" />
    </svg>
  );
}
