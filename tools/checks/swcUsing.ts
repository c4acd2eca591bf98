import { Visitor } from "@swc/core/Visitor.js";

let taught = false;

/**
 * dependency-cruiser walks files with @swc/core's Visitor, which throws at `using` declarations (1.16). They are walked as the
 * variable declarations that they are.
 */
export function teachUsing(): void {
  if (taught) return;
  taught = true;
  const visitStatement = Visitor.prototype.visitStatement;
  Visitor.prototype.visitStatement = function (statement) {
    const { type, decls } = statement as {
      type: string;
      decls?: Parameters<Visitor["visitVariableDeclarators"]>[0];
    };
    if (type !== "UsingDeclaration" || decls === undefined) return visitStatement.call(this, statement);
    this.visitVariableDeclarators(decls);
    return statement;
  };
}
