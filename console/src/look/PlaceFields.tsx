import { useId, useState } from "preact/hooks";
import { IDENTITY, rotationOf, type Transform, type Turns, turnsOf } from "./editor/transform.ts";
import { lookTexts } from "./texts/texts.ts";

interface PlaceFieldsProps {
  readonly transform: Transform;
  /** @param step names the field that is typed in */
  readonly onChange: (transform: Transform, step: string | undefined) => void;
  readonly onFinished: () => void;
}

/** Where something stands, in numbers. */
export function PlaceFields({ transform, onChange, onFinished }: PlaceFieldsProps) {
  const { edit } = lookTexts();
  const { fields } = edit;
  const { position, rotation, scale } = transform;
  const turns = turnsOf(rotation);
  const axis = (index: 0 | 1 | 2) => ({
    value: position[index],
    step: 0.05,
    onValue(metres: number, step: string) {
      const moved: [number, number, number] = [...position];
      moved[index] = metres;
      onChange({ ...transform, position: moved }, step);
    },
    onFinished,
  });
  const turn = (name: keyof Turns) => ({
    value: turns[name],
    step: 5,
    onValue: (degrees: number, step: string) =>
      onChange({ ...transform, rotation: rotationOf({ ...turns, [name]: degrees }) }, step),
    onFinished,
  });
  return (
    <div class="stack">
      <div class="editor-fields">
        <NumberField label={fields.x} {...axis(0)} />
        <NumberField label={fields.z} {...axis(2)} />
        <NumberField label={fields.y} {...axis(1)} />
        <NumberField label={fields.turn} {...turn("turn")} />
        <NumberField
          label={fields.size}
          value={scale[1] * 100}
          step={5}
          least={0.1}
          onValue={(percent, step) => {
            const [x, y, z] = scale;
            const factor = percent / 100 / y;
            onChange({ ...transform, scale: [x * factor, y * factor, z * factor] }, step);
          }}
          onFinished={onFinished}
        />
      </div>
      <details>
        <summary>{edit.more}</summary>
        <div class="editor-fields">
          <NumberField label={fields.tilt} {...turn("tilt")} />
          <NumberField label={fields.lean} {...turn("lean")} />
        </div>
      </details>
      <div class="row">
        <button type="button" class="button button-quiet" onClick={() => onChange(IDENTITY, undefined)}>
          {edit.putBack}
        </button>
      </div>
    </div>
  );
}

interface NumberFieldProps {
  readonly label: string;
  readonly value: number;
  readonly step: number;
  readonly least?: number;
  readonly onValue: (value: number, step: string) => void;
  readonly onFinished: () => void;
}

/** While it is typed in, the field shows what is typed; else the value. */
function NumberField({ label, value, step, least, onValue, onFinished }: NumberFieldProps) {
  const id = useId();
  const [typed, setTyped] = useState<string>();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <input
        id={id}
        class="input"
        type="number"
        inputMode="decimal"
        step={step}
        {...(least === undefined ? {} : { min: least })}
        value={typed ?? String(Math.round(value * 100) / 100)}
        onInput={({ currentTarget }) => {
          setTyped(currentTarget.value);
          const number = currentTarget.valueAsNumber;
          if (Number.isFinite(number) && (least === undefined || number >= least))
            onValue(number, `field ${label}`);
        }}
        onBlur={() => {
          setTyped(undefined);
          onFinished();
        }}
      />
    </div>
  );
}
