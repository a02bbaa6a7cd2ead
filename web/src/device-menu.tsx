// Which camera, microphone and speaker; and whether single keys act.
import { useEffect, useRef, useState } from 'preact/hooks';
import type { CallControl } from './call';
import { CloseIcon } from './icons';
import type { Shortcuts } from './shortcuts';

export function DeviceMenu({
  control,
  shortcuts,
  onClose,
}: {
  control: CallControl;
  shortcuts: Shortcuts;
  onClose: () => void;
}) {
  const dialog = useRef<HTMLDivElement>(null);
  const [choices, setChoices] = useState(() => control.devices());
  useEffect(() => control.onDevices(() => setChoices(control.devices())), [control]);
  useEffect(() => {
    dialog.current?.querySelector<HTMLElement>('select:not(:disabled), input')?.focus();
    const outside = (event: PointerEvent) => {
      const target = event.target as Element;
      if (!dialog.current?.contains(target) && !target.closest('[aria-haspopup="dialog"]')) onClose();
    };
    document.addEventListener('pointerdown', outside);
    return () => document.removeEventListener('pointerdown', outside);
  }, []);
  return (
    <div
      class="menu"
      role="dialog"
      aria-label="Devices"
      ref={dialog}
      onKeyDown={(event) => event.key === 'Escape' && onClose()}
    >
      <div class="menu-head">
        <h2>Devices</h2>
        <button type="button" class="notice-close" aria-label="Close" onClick={onClose}>
          <CloseIcon />
        </button>
      </div>
      {choices.map(({ label, options, current, choose }) => (
        <label class="menu-row" key={label}>
          <span>{label}</span>
          <select
            disabled={options.length === 0}
            value={current}
            onChange={(e) => {
              choose(e.currentTarget.value);
              setChoices(control.devices());
            }}
          >
            {options.length === 0 && <option>None found</option>}
            {options.map(({ id, name }) => (
              <option key={id} value={id}>
                {name}
              </option>
            ))}
          </select>
        </label>
      ))}
      <label class="menu-check">
        <input type="checkbox" checked={shortcuts.on} onChange={(e) => shortcuts.set(e.currentTarget.checked)} />
        <span>
          Single-key shortcuts <kbd>M</kbd> <kbd>V</kbd> <kbd>S</kbd> <kbd>D</kbd> <kbd>⇧ L</kbd>
        </span>
      </label>
    </div>
  );
}
