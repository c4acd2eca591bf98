/** What the console reads about the deployment it is served by, and what its pages may reach there. */

/** `/config.json`. */
export interface ConsoleConfig {
  readonly projectId: string;
  /** Of the Firebase project. It names the project and opens nothing by itself. */
  readonly apiKey: string;
  /** Where event streams flow as they happen. */
  readonly eventsOrigin: string;
  /** Where signed URLs lead. */
  readonly storageOrigin: string;
  /** Firebase's emulators in a local cloud: `host:port`, and a base URL. */
  readonly emulators: { readonly firestore: string; readonly auth: string } | null;
}

/** What of it the pages call. The address of event streams is known only once the functions are deployed. */
export type Called = Pick<ConsoleConfig, "storageOrigin" | "emulators"> & {
  readonly eventsOrigin: string | undefined;
};

/** Where the console's scripts and styles are. Their names change with their content, so browsers may keep them. */
export const CONSOLE_ASSETS = "assets/console";

/** Where signed URLs of Cloud Storage lead. */
export const STORAGE_ORIGIN = "https://storage.googleapis.com";

/** What Firebase's library in the page calls: Firestore, sign-in with a custom token, and its renewal. */
const FIREBASE_ORIGINS = [
  "https://firestore.googleapis.com",
  "https://identitytoolkit.googleapis.com",
  "https://securetoken.googleapis.com",
];

/** The origins that the console's pages call beside their own. */
function calledOrigins({ eventsOrigin, storageOrigin, emulators }: Called): string[] {
  const firebase =
    emulators === null ? FIREBASE_ORIGINS : [`http://${emulators.firestore}`, new URL(emulators.auth).origin];
  return ["'self'", eventsOrigin, storageOrigin, ...firebase].filter((origin) => origin !== undefined);
}

/**
 * The headers of the console's pages. Scripts and styles are its own files; WebAssembly and workers made of blobs are what decoders of
 * meshes and splats need, and images made of blobs are what textures inside a file become.
 */
export function consoleHeaders(config: Called): { key: string; value: string }[] {
  const { storageOrigin } = config;
  const policy = [
    "default-src 'none'",
    "script-src 'self' 'wasm-unsafe-eval'",
    "style-src 'self'",
    `img-src 'self' blob: data: ${storageOrigin}`,
    `media-src 'self' blob: ${storageOrigin}`,
    "font-src 'self'",
    `connect-src ${calledOrigins(config).join(" ")} blob: data:`,
    "worker-src 'self' blob:",
    "manifest-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join("; ");
  return [
    { key: "Content-Security-Policy", value: policy },
    { key: "Referrer-Policy", value: "no-referrer" },
    { key: "Cross-Origin-Opener-Policy", value: "same-origin" },
    {
      key: "Permissions-Policy",
      value:
        "camera=(self), microphone=(self), xr-spatial-tracking=(self), fullscreen=(self), geolocation=(), payment=()",
    },
    // A new version of the page names other files.
    { key: "Cache-Control", value: "no-cache" },
  ];
}
