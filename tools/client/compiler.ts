/** What openapi-typescript takes for the `typescript` package: it needs the compiler's API, which TypeScript 7 doesn't have. */
export { ts as default } from "@ts-morph/common";
