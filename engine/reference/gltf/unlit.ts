import {
  Extension,
  ExtensionProperty,
  type Material,
  PropertyType,
  type WriterContext,
} from "@gltf-transform/core";

const NAME = "KHR_materials_unlit";

/**
 * The ratified extension KHR_materials_unlit, for writing: a picture is shown in its own colours, as a photo is, in any light of a
 * viewer. Viewers that don't know it fall back to a lit, rough surface.
 */
export class Unlit extends Extension {
  static override readonly EXTENSION_NAME = NAME;
  override readonly extensionName = NAME;

  /** Makes `material` unlit and gives it back. */
  apply(material: Material): Material {
    return material
      .setRoughnessFactor(1)
      .setMetallicFactor(0)
      .setExtension(NAME, new UnlitMark(this.document.getGraph()));
  }

  override read(): this {
    return this;
  }

  override write(context: WriterContext): this {
    for (const material of this.document.getRoot().listMaterials()) {
      const index = context.materialIndexMap.get(material);
      const definition = index === undefined ? undefined : context.jsonDoc.json.materials?.[index];
      if (definition === undefined || material.getExtension(NAME) === null) continue;
      definition.extensions = { ...definition.extensions, [NAME]: {} };
    }
    return this;
  }
}

/** The extension says everything by being there. */
class UnlitMark extends ExtensionProperty {
  static override readonly EXTENSION_NAME = NAME;
  declare extensionName: typeof NAME;
  declare propertyType: "Unlit";
  declare parentTypes: [PropertyType.MATERIAL];

  protected override init(): void {
    this.extensionName = NAME;
    this.propertyType = "Unlit";
    this.parentTypes = [PropertyType.MATERIAL];
  }
}
