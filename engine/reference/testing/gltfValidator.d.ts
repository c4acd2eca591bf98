/** The Khronos validator ships no types. Its report is described by its `validation.schema.json` and parsed where it is used. */
declare module "gltf-validator" {
  const validator: { validateBytes(bytes: Uint8Array): Promise<unknown> };
  export default validator;
}
