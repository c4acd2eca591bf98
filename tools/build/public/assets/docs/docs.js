// @ts-check
/* global SwaggerUIBundle */

// Shows the origin's own document. Calls that a reader tries go to the same origin, with the token given under "Authorize".
SwaggerUIBundle({
  url: "/v1/openapi.json",
  dom_id: "#docs",
  deepLinking: true,
  docExpansion: "list",
  defaultModelsExpandDepth: 0,
  displayRequestDuration: true,
  tryItOutEnabled: true,
  validatorUrl: null,
});

// A problem's `type` is /docs#problem-<code>: a line of a list that is closed at first, and there only once the document is drawn.
if (location.hash.startsWith("#problem-")) {
  const observer = new MutationObserver(() => {
    const line = document.getElementById(location.hash.slice(1));
    if (!line) return;
    observer.disconnect();
    const list = line.closest("details");
    if (list) list.open = true;
    line.scrollIntoView();
  });
  observer.observe(document.body, { childList: true, subtree: true });
}
