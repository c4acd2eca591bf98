import { useId } from "preact/hooks";

interface FieldProps {
  readonly label: string;
  readonly hint?: string | undefined;
  /** What is wrong with the value. */
  readonly problem?: string | undefined;
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly type?: "text" | "email" | "time" | "search";
  readonly autoComplete?: string;
  readonly maxLength?: number;
  readonly required?: boolean;
}

/** A line of text with its label. */
export function Field({ label, hint, problem, value, onChange, type = "text", ...rest }: FieldProps) {
  const id = useId();
  const described = [hint && `${id}-hint`, problem && `${id}-problem`].filter(Boolean).join(" ");
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <input
        id={id}
        class="input"
        // Preact's types have one shape for each type of input; these four have the attributes that are used here.
        type={type as "text"}
        value={value}
        aria-describedby={described === "" ? undefined : described}
        aria-invalid={problem !== undefined}
        onInput={(event) => onChange(event.currentTarget.value)}
        {...rest}
      />
      {hint !== undefined && (
        <span id={`${id}-hint`} class="hint">
          {hint}
        </span>
      )}
      {problem !== undefined && (
        <span id={`${id}-problem`} class="error">
          {problem}
        </span>
      )}
    </div>
  );
}
