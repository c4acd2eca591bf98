/**
 * Whether a migration is safe beside the release before it: expand first, contract later. While a deployment is under way, and after
 * a roll-back, functions of that release run on the new schema. So what they use may be added to, and not taken away, renamed or narrowed.
 * What they use is what their roles are granted: a column that the release before has no grant on may go. So a column goes in three
 * releases: the first makes no use of it, the second revokes the grant, the third drops it.
 */
import { parse } from "libpg-query";
import { z } from "zod";

/** Columns by table, or all of a table. */
export type Uses = Readonly<Record<string, readonly string[] | "all">>;

const name = z.object({ String: z.object({ sval: z.string() }) });
const relation = z.object({ relname: z.string() });
const names = z.union([z.object({ List: z.object({ items: z.array(name) }) }), name, z.looseObject({})]);
const column = z.object({
  colname: z.string().default(""),
  constraints: z.array(z.object({ Constraint: z.looseObject({ contype: z.string() }) })).default([]),
});
const alteration = z.object({
  AlterTableCmd: z.looseObject({
    subtype: z.string(),
    name: z.string().optional(),
    def: z.looseObject({ ColumnDef: column.optional() }).optional(),
  }),
});
const statements = {
  DropStmt: z.object({ removeType: z.string(), objects: z.array(names) }),
  RenameStmt: z.looseObject({
    renameType: z.string(),
    relation: relation.optional(),
    subname: z.string().optional(),
    newname: z.string(),
  }),
  AlterTableStmt: z.object({ relation, cmds: z.array(alteration) }),
  GrantStmt: z.looseObject({
    is_grant: z.boolean().default(false),
    objtype: z.string(),
    objects: z.array(z.looseObject({ RangeVar: relation.optional() })).default([]),
    privileges: z
      .array(
        z.object({
          AccessPriv: z.object({ priv_name: z.string().optional(), cols: z.array(name).default([]) }),
        }),
      )
      .default([]),
  }),
  DoStmt: z.object({
    args: z.array(z.looseObject({ DefElem: z.looseObject({ defname: z.string(), arg: z.unknown() }) })),
  }),
  TruncateStmt: z.object({ relations: z.array(z.object({ RangeVar: relation })) }),
};
type Kind = keyof typeof statements;
type Statement<Of extends Kind> = z.output<(typeof statements)[Of]>;

const tree = z.object({ stmts: z.array(z.object({ stmt: z.record(z.string(), z.unknown()) })).default([]) });

interface Promised {
  readonly isKept: boolean;
  readonly isUnused: boolean;
}

/** What the roles may use, from a schema's GRANTs. */
export async function usesOf(schema: string): Promise<Record<string, string[] | "all">> {
  const uses = new Map<string, Set<string> | "all">();
  for (const grant of await statementsOf(schema, "GrantStmt")) {
    if (!grant.is_grant || grant.objtype !== "OBJECT_TABLE") continue;
    for (const { RangeVar } of grant.objects) {
      if (RangeVar === undefined) continue;
      for (const { AccessPriv } of grant.privileges) {
        const before = uses.get(RangeVar.relname) ?? new Set();
        // Deleting a row and inserting one use the table, and no column by its name.
        const whole = AccessPriv.cols.length === 0 && AccessPriv.priv_name !== "delete";
        if (whole || before === "all") uses.set(RangeVar.relname, "all");
        else uses.set(RangeVar.relname, new Set([...before, ...AccessPriv.cols.map(textOf)]));
      }
    }
  }
  const entries = [...uses].map(([table, columns]): [string, string[] | "all"] => [
    table,
    columns === "all" ? columns : [...columns].sort(),
  ]);
  return Object.fromEntries(entries.sort(([one], [other]) => (one < other ? -1 : 1)));
}

/** A sentence for each change that takes something from the release before. @throws Error for text that isn't SQL */
export async function migrationProblems(sql: string, uses: Uses): Promise<string[]> {
  const problems: string[] = [];
  const promised = { isKept: KEPT.test(sql), isUnused: UNUSED.test(sql) };
  const { stmts } = tree.parse(await parse(sql));
  for (const { stmt } of stmts)
    for (const [kind, value] of Object.entries(stmt))
      problems.push(...problemsOf(kind, value, uses, promised));
  return problems;
}

/**
 * Promises in a migration, each with its reason, about what no parser sees: that what the release before writes satisfies the constraints
 * that are added, and that it makes no use of the grants that are revoked.
 */
const KEPT = /^-- the release before keeps this: \S/m;
const UNUSED = /^-- the release before does not use this: \S/m;

function problemsOf(kind: string, value: unknown, uses: Uses, promised: Promised): string[] {
  switch (kind) {
    case "DropStmt":
      return dropped(statements.DropStmt.parse(value), uses);
    case "RenameStmt":
      return renamed(statements.RenameStmt.parse(value), uses);
    case "AlterTableStmt":
      return altered(statements.AlterTableStmt.parse(value), uses, promised);
    case "GrantStmt":
      return promised.isUnused ? [] : revoked(statements.GrantStmt.parse(value), uses);
    case "DoStmt":
      return done(statements.DoStmt.parse(value));
    case "TruncateStmt": {
      const { relations } = statements.TruncateStmt.parse(value);
      return relations
        .filter(({ RangeVar }) => RangeVar.relname in uses)
        .map(({ RangeVar }) => `empties ${RangeVar.relname}, which the release before uses`);
    }
    case "DropRoleStmt":
      return ["drops a role: the release before may log in by it"];
    case "DropOwnedStmt":
    case "AlterObjectSchemaStmt":
      return [`${kind} can't be judged: write out what it changes`];
    default:
      return [];
  }
}

function dropped({ removeType, objects }: Statement<"DropStmt">, uses: Uses): string[] {
  const dropped = objects.map((object) => lastName(object));
  switch (removeType) {
    case "OBJECT_TABLE":
      return dropped
        .filter((table) => table in uses)
        .map(
          (table) => `drops the table ${table}, which the release before uses: first a release without it`,
        );
    // They are no part of any statement's text.
    case "OBJECT_INDEX":
    case "OBJECT_TRIGGER":
      return [];
    default:
      return dropped.map(
        (object) =>
          `drops ${object} (${wordOf(removeType)}), which the release before may use: leave it for a later release`,
      );
  }
}

function renamed(
  { renameType, relation: of, subname, newname }: Statement<"RenameStmt">,
  uses: Uses,
): string[] {
  const table = of?.relname ?? "";
  if (renameType === "OBJECT_COLUMN")
    return isUsed(uses, table, subname ?? "")
      ? [`renames ${table}.${subname}, which the release before uses: add ${newname} beside it`]
      : [];
  if (renameType === "OBJECT_TABLE")
    return table in uses ? [`renames ${table}, which the release before uses: add ${newname} beside it`] : [];
  return ["OBJECT_INDEX", "OBJECT_TABCONSTRAINT", "OBJECT_TRIGGER"].includes(renameType)
    ? []
    : [`renames something (${wordOf(renameType)}) that the release before may use`];
}

function altered(
  { relation: { relname: table }, cmds }: Statement<"AlterTableStmt">,
  uses: Uses,
  { isKept }: Promised,
): string[] {
  if (!(table in uses)) return [];
  return cmds.flatMap(({ AlterTableCmd: { subtype, name: of = "", def } }) => {
    switch (subtype) {
      case "AT_DropColumn":
        return isUsed(uses, table, of)
          ? [`drops ${table}.${of}, which the release before uses: first a release without a grant on it`]
          : [];
      case "AT_AlterColumnType":
        return isUsed(uses, table, of)
          ? [`changes the type of ${table}.${of}, which the release before uses: add a column beside it`]
          : [];
      case "AT_SetNotNull":
        return isKept
          ? []
          : [
              `${table}.${of} becomes NOT NULL, and the release before may write none: let it always write it first`,
            ];
      case "AT_ColumnDefault":
        return def === undefined
          ? [`drops the default of ${table}.${of}, and the release before may rely on it`]
          : [];
      case "AT_AddColumn": {
        const added = def?.ColumnDef;
        const has = new Set(added?.constraints.map(({ Constraint }) => Constraint.contype));
        const filled = ["CONSTR_DEFAULT", "CONSTR_IDENTITY", "CONSTR_GENERATED"].some((way) => has.has(way));
        return (has.has("CONSTR_NOTNULL") || has.has("CONSTR_PRIMARY")) && !filled
          ? [
              `adds ${table}.${added?.colname} NOT NULL without a default, and the release before does not write it`,
            ]
          : [];
      }
      case "AT_AddConstraint":
        return isKept
          ? []
          : [
              `adds a constraint to ${table}, and the release before may write what it forbids: let it keep it first`,
            ];
      default:
        return [];
    }
  });
}

function revoked({ is_grant, objects }: Statement<"GrantStmt">, uses: Uses): string[] {
  if (is_grant) return [];
  return objects
    .flatMap(({ RangeVar }) => (RangeVar === undefined ? [] : [RangeVar.relname]))
    .filter((table) => table in uses)
    .map(
      (table) => `revokes a grant on ${table}: the release before has it, so leave it for a later release`,
    );
}

/** What a block of code does is not seen by the parser. */
function done({ args }: Statement<"DoStmt">): string[] {
  const body = JSON.stringify(args);
  const found = /\b(drop|rename|alter|revoke|truncate)\b/i.exec(body)?.[1];
  return found === undefined
    ? []
    : [`a DO block has ${found.toUpperCase()}, which can't be judged: write it as a statement`];
}

function isUsed(uses: Uses, table: string, of: string): boolean {
  const columns = uses[table];
  return columns === "all" || columns?.includes(of) === true;
}

async function statementsOf<Of extends Kind>(sql: string, kind: Of): Promise<Statement<Of>[]> {
  const { stmts } = tree.parse(await parse(sql));
  // The schema of this kind was just used, which is what the type says.
  return stmts.flatMap(({ stmt }) =>
    kind in stmt ? [statements[kind].parse(stmt[kind]) as Statement<Of>] : [],
  );
}

function textOf({ String: { sval } }: z.output<typeof name>): string {
  return sval;
}

function lastName(object: unknown): string {
  const list = z.object({ List: z.object({ items: z.array(name) }) }).safeParse(object);
  if (list.success) return list.data.List.items.map(textOf).at(-1) ?? "";
  const found = /"(?:sval|objname)":(?:\[\{"String":\{"sval":)?"([^"]+)"/.exec(JSON.stringify(object));
  return found?.[1] ?? "something";
}

/** The sort of thing, as people say it. */
function wordOf(type: string): string {
  return type
    .replace(/^OBJECT_/, "")
    .toLowerCase()
    .replaceAll("_", " ");
}
