// @ts-check
/* global SwaggerUIBundle */

// A problem's `type` is /docs#problem-<code>. Swagger UI writes a hash of its own, so it is read first.
const problem = location.hash.startsWith("#problem-") ? location.hash.slice(1) : undefined;

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

// The problem's line is in a list that is closed at first, and there only once the document is drawn.
if (problem !== undefined) {
  const observer = new MutationObserver(() => {
    const line = document.getElementById(problem);
    if (!line) return;
    observer.disconnect();
    const list = line.closest("details");
    if (list) list.open = true;
    line.scrollIntoView();
  });
  observer.observe(document.body, { childList: true, subtree: true });
}
