import { request as httpRequest, type IncomingMessage } from "node:http";

/**
 * A GET in place of `fetch`, whose HTTP client a start would load for this one request. Redirects are not followed.
 * @param url of `http:` or `https:`
 * @returns status and body of the answer. Throws when the connection fails, or `signal` aborts it
 */
export function fetchKeys(
  url: string,
  { headers, signal }: { readonly headers: Headers; readonly signal: AbortSignal },
): Promise<Response> {
  const options = { headers: Object.fromEntries(headers), signal };
  return new Promise((resolve, reject) => {
    // TLS is loaded where it is used.
    const request = url.startsWith("https:") ? process.getBuiltinModule("node:https").request : httpRequest;
    const sent = request(url, options, (incoming) => {
      readBody(incoming).then(
        (body) => resolve(new Response(body, { status: incoming.statusCode ?? 0 })),
        reject,
      );
    });
    sent.on("error", reject);
    sent.end();
  });
}

async function readBody(incoming: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk);
  return Buffer.concat(chunks).toString("utf8");
}
