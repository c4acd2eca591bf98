import { useEffect, useState } from "preact/hooks";
import { api } from "../api/client.ts";
import { answered } from "../api/problem.ts";
import type { components } from "../api/schema.d.ts";
import { t } from "../i18n/text.ts";
import { Notice } from "../ui/Notice.tsx";
import { Page } from "../ui/Page.tsx";

/** One scene or figure: its title and its files. */
export function LookPage({ resourceId }: { readonly resourceId: string }) {
  const [resource, setResource] = useState<components["schemas"]["Resource"]>();
  const [failed, setFailed] = useState(false);
  useEffect(() => {
    api.GET("/v1/resources/{id}", { params: { path: { id: resourceId } } }).then(
      (result) => (result.response.ok ? setResource(answered(result)) : setFailed(true)),
      () => setFailed(true),
    );
  }, [resourceId]);
  if (failed)
    return (
      <Page title={t().look.title} narrow>
        <Notice tone="bad">
          <p>{t().look.failed}</p>
        </Notice>
      </Page>
    );
  return (
    <Page title={resource?.title ?? t().look.title}>
      {resource === undefined ? <p class="waiting">{t().common.loading}</p> : <Files resource={resource} />}
    </Page>
  );
}

function Files({ resource }: { readonly resource: components["schemas"]["Resource"] }) {
  return (
    <ul class="list">
      {resource.files.map((file) => (
        <li key={file.name}>{file.url === undefined ? file.name : <a href={file.url}>{file.name}</a>}</li>
      ))}
    </ul>
  );
}
