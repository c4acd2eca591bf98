import { useId } from "preact/hooks";

interface ChoicesProps<Value extends string> {
  readonly legend: string;
  readonly options: readonly { readonly value: Value; readonly label: string; readonly about?: string }[];
  readonly value: Value | undefined;
  readonly onChoose: (value: Value) => void;
  readonly tight?: boolean;
}

/** One of a few, each to be seen with a sentence about it. */
export function Choices<Value extends string>({
  legend,
  options,
  value,
  onChoose,
  tight,
}: ChoicesProps<Value>) {
  const name = useId();
  return (
    <fieldset class={tight ? "choices choices-tight" : "choices"}>
      <legend>{legend}</legend>
      {options.map((option) => (
        <label key={option.value} class="choice">
          <input
            type="radio"
            name={name}
            value={option.value}
            checked={option.value === value}
            onChange={() => onChoose(option.value)}
          />
          <span>
            {option.label}
            {option.about !== undefined && <small>{option.about}</small>}
          </span>
        </label>
      ))}
    </fieldset>
  );
}
