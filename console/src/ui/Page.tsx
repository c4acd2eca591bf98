import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";

interface PageProps {
  readonly title: string;
  /** One sentence under the title. */
  readonly about?: string | undefined;
  /** Beside the title. */
  readonly actions?: ComponentChildren;
  readonly narrow?: boolean;
  readonly children?: ComponentChildren;
}

let isFirst = true;

/** The frame of each page: its title names the document, and gets the focus when one comes from another page. */
export function Page({ title, about, actions, narrow, children }: PageProps) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${title} · Reverie`;
  }, [title]);
  useEffect(() => {
    if (!isFirst) heading.current?.focus({ preventScroll: true });
    isFirst = false;
  }, []);
  return (
    <main id="main" class={narrow ? "page page-narrow" : "page"}>
      <div class="page-head">
        <div>
          <h1 ref={heading} tabIndex={-1}>
            {title}
          </h1>
          {about !== undefined && <p>{about}</p>}
        </div>
        {actions !== undefined && actions !== false && <div class="row">{actions}</div>}
      </div>
      {children}
    </main>
  );
}
