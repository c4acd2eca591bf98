import type { ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";
import { t } from "../i18n/text.ts";
import { Notice } from "../ui/Notice.tsx";

interface LazyPageProps<Props> {
  readonly load: () => Promise<ComponentType<Props>>;
  readonly props: Props;
}

/** A page whose code is loaded when it is shown. `load` must stay the same function. */
export function LazyPage<Props extends object>({ load, props }: LazyPageProps<Props>) {
  const [loaded, setLoaded] = useState<{ readonly page: ComponentType<Props> }>();
  const [failed, setFailed] = useState(false);
  useEffect(() => {
    let current = true;
    setFailed(false);
    setLoaded(undefined);
    load().then(
      (page) => current && setLoaded({ page }),
      () => current && setFailed(true),
    );
    return () => {
      current = false;
    };
  }, [load]);
  if (failed) return <LoadFailed />;
  if (loaded === undefined)
    return (
      <main id="main" class="page">
        <p class="waiting">{t().common.loading}</p>
      </main>
    );
  const Loaded = loaded.page;
  return <Loaded {...props} />;
}

function LoadFailed() {
  return (
    <main id="main" class="page">
      <Notice tone="bad">
        <p>{t().common.pageLost}</p>
        <button type="button" class="button" onClick={() => location.reload()}>
          {t().common.loadAgain}
        </button>
      </Notice>
    </main>
  );
}
