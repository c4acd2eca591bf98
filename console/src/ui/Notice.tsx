import type { ComponentChildren } from "preact";
import { Icon, type IconName } from "./Icon.tsx";

const icons = { info: "info", good: "check", wait: "info", bad: "alert" } as const satisfies Record<
  string,
  IconName
>;

/** A sentence about how things are; a bad one is read out at once. */
export function Notice({
  tone = "info",
  children,
}: {
  readonly tone?: keyof typeof icons;
  readonly children: ComponentChildren;
}) {
  return (
    <div class={`notice notice-${tone}`} role={tone === "bad" ? "alert" : "status"}>
      <Icon name={icons[tone]} />
      <div>{children}</div>
    </div>
  );
}
