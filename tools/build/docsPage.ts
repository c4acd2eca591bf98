/** The page at `/docs`: the OpenAPI document as plain HTML, without scripts and without anything from elsewhere. */
import { html, raw } from "hono/html";
import { errors } from "#shared/platform/errors.ts";
import type { OpenApiDocument, Operation } from "./openapi.ts";

type Markup = ReturnType<typeof html>;
type Schema = Readonly<Record<string, unknown>>;

const STYLE = `
:root { color-scheme: light dark; --line: #8884; --soft: #8881; --accent: #3a6ea5; }
* { box-sizing: border-box; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 62rem; margin: 0 auto; padding: 2rem 1rem 6rem; }
h1 { margin: 0; } h2 { margin: 3rem 0 0; } h2 + p { margin-top: 0; opacity: .8; }
nav a { margin-right: .8rem; }
a { color: var(--accent); }
details { border: 1px solid var(--line); border-radius: .5rem; margin: .5rem 0; }
summary { cursor: pointer; padding: .5rem .8rem; display: flex; flex-wrap: wrap; gap: .2rem .8rem; align-items: baseline; }
details[open] > summary { border-bottom: 1px solid var(--line); }
details > div { padding: .2rem .8rem .8rem; overflow-x: auto; }
code, pre { font: 14px/1.5 ui-monospace, monospace; }
pre { background: var(--soft); padding: .6rem .8rem; border-radius: .4rem; overflow-x: auto; margin: .4rem 0; }
.method { font-weight: 700; min-width: 4rem; text-transform: uppercase; font-size: 13px; }
.who { margin-left: auto; font-size: 13px; opacity: .75; }
h4 { margin: 1rem 0 .2rem; font-size: 14px; }
table { border-collapse: collapse; } td, th { text-align: left; padding: .15rem 1rem .15rem 0; vertical-align: top; }
`;

const WHO: Readonly<Record<string, string>> = {
  public: "anyone",
  account: "access token",
  engine: "engine's ID token",
  admin: "administrator's ID token",
};

/** The page, complete. */
export function docsPage(document: OpenApiDocument): string {
  const operations = Object.entries(document.paths).flatMap(([path, byMethod]) =>
    Object.entries(byMethod).map(([method, operation]) => ({ path, method, operation })),
  );
  const body = html`
<h1>${document.info.title}</h1>
<p>${prose(document.info.description)}</p>
<p>As a document for programs: <a href="/v1/openapi.json">OpenAPI ${document.openapi}</a>.</p>
<nav>${document.tags.map(({ name }) => html`<a href="#${name}">${name}</a>`)}<a href="#problems">problems</a><a href="#schemas">schemas</a></nav>
${document.tags.map(
  ({ name, description }) => html`<h2 id="${name}">${name}</h2><p>${description}</p>
${operations.filter(({ operation }) => operation.tags?.includes(name)).map((one) => operationBlock(one.path, one.method, one.operation))}`,
)}
<h2 id="problems">problems</h2><p>Errors are RFC 9457 problem documents; programs go by their code.</p>
<table>${Object.values(errors).map(
    ({ code, status, title }) =>
      html`<tr id="problem-${code}"><td>${status}</td><td><code>${code}</code></td><td>${title}</td></tr>`,
  )}</table>
<h2 id="schemas">schemas</h2>
${Object.entries(document.components.schemas).map(
  ([name, schema]) =>
    html`<details id="schema-${name}"><summary><code>${name}</code></summary><div>${schemaBlock(asSchema(schema))}</div></details>`,
)}`;
  return page(document.info.title, body);
}

/** A sentence of the document: what stands in backticks is code. */
function prose(text: string): Markup[] {
  return text.split("`").map((part, index) => (index % 2 === 1 ? html`<code>${part}</code>` : html`${part}`));
}

/** What the origin shows for a path that no function and no file has. */
export function notFoundPage(): string {
  return page(
    "Not found",
    html`<h1>Not found</h1><p>There is nothing here. The API is described at <a href="/docs">/docs</a>.</p>`,
  );
}

function page(title: string, body: Markup): string {
  return String(html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<style>${raw(STYLE)}</style>
</head>
<body>${body}</body>
</html>
`);
}

function operationBlock(path: string, method: string, operation: Operation): Markup {
  return html`<details>
<summary><span class="method">${method}</span><code>${path}</code><span>${prose(operation.summary ?? "")}</span>
<span class="who">${WHO[operation["x-access"] ?? "public"] ?? ""}</span></summary>
<div>${operation.description === undefined ? "" : html`<p>${prose(operation.description)}</p>`}
${parameters(operation)}
${Object.entries(operation.requestBody?.content ?? {}).map(
  ([type, { schema }]) => html`<h4>Request body <code>${type}</code></h4>${schemaBlock(schema ?? {})}`,
)}
${Object.entries(operation.responses).map(([status, response]) =>
  status === "default"
    ? html`<h4>Errors</h4><p><a href="#schema-Problem">Problem</a></p>`
    : html`<h4>${status} ${prose(response.description ?? "")}</h4>
${Object.entries(response.content ?? {}).map(([type, { schema }]) => html`<code>${type}</code>${schemaBlock(schema ?? {})}`)}`,
)}</div>
</details>`;
}

function parameters(operation: Operation): Markup | "" {
  const { parameters: all = [] } = operation;
  if (all.length === 0) return "";
  return html`<h4>Parameters</h4><table>${all.map(
    ({ name, in: place, required, schema }) =>
      html`<tr><td><code>${name}</code></td><td>${place}${required ? ", required" : ""}</td><td><code>${outline(schema ?? {}, 0)}</code></td></tr>`,
  )}</table>`;
}

function schemaBlock(schema: Schema): Markup {
  return html`<pre>${outline(schema, 0)}</pre>`;
}

/** A schema in a few words, in the manner of TypeScript. */
function outline(schema: Schema, depth: number): string {
  const {
    $ref,
    enum: values,
    const: constant,
    type,
    format,
    items,
    properties,
    anyOf,
    oneOf,
    allOf,
    additionalProperties,
  } = schema;
  if (typeof $ref === "string") return $ref.split("/").at(-1) ?? $ref;
  if (constant !== undefined) return JSON.stringify(constant);
  if (Array.isArray(values)) return values.map((value) => JSON.stringify(value)).join(" | ");
  const alternatives = anyOf ?? oneOf;
  if (Array.isArray(alternatives))
    return alternatives.map((one) => outline(asSchema(one), depth)).join(" | ");
  if (Array.isArray(allOf)) return allOf.map((one) => outline(asSchema(one), depth)).join(" & ");
  if (isSchema(properties)) return objectOutline(properties, schema.required, depth);
  if (isSchema(items)) return `${parenthesised(outline(items, depth))}[]`;
  if (isSchema(additionalProperties)) return `{[name]: ${outline(additionalProperties, depth)}}`;
  const name = Array.isArray(type) ? type.join(" | ") : typeof type === "string" ? type : "any";
  return `${name}${limits(schema, format)}`;
}

function objectOutline(properties: Schema, required: unknown, depth: number): string {
  const needed = new Set(Array.isArray(required) ? required : []);
  const indent = "  ".repeat(depth + 1);
  const lines = Object.entries(properties).map(([name, value]) => {
    const property = asSchema(value);
    const said = typeof property.description === "string" ? `  // ${property.description}` : "";
    return `${indent}${name}${needed.has(name) ? "" : "?"}: ${outline(property, depth + 1)}${said}`;
  });
  return `{\n${lines.join("\n")}\n${"  ".repeat(depth)}}`;
}

function limits(schema: Schema, format: unknown): string {
  const said: string[] = [];
  if (typeof format === "string") said.push(format);
  const { minimum, maximum, minLength, maxLength, default: preset } = schema;
  if (minimum !== undefined || maximum !== undefined) said.push(`${minimum ?? ""}–${maximum ?? ""}`);
  if (minLength !== undefined || maxLength !== undefined)
    said.push(`${minLength ?? 0}–${maxLength ?? ""} characters`);
  if (preset !== undefined) said.push(`else ${JSON.stringify(preset)}`);
  return said.length === 0 ? "" : ` (${said.join(", ")})`;
}

function parenthesised(text: string): string {
  return text.includes(" | ") && !text.startsWith("{") ? `(${text})` : text;
}

function isSchema(value: unknown): value is Schema {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function asSchema(value: unknown): Schema {
  return isSchema(value) ? value : {};
}
