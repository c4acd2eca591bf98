import pg, { type Pool, type PoolClient, type QueryResult, type QueryResultRow } from "pg";

/** Different statements that a connection keeps prepared; further ones are parsed each time. Ours are some dozen in each function. */
const PREPARED = 200;

const names = new Map<string, string>();

/** A statement with parameters as node-postgres takes it: under a name, so that Postgres parses it once for each connection. */
export function prepared(text: string, values: readonly unknown[]) {
  let name = names.get(text);
  if (name === undefined && names.size < PREPARED) {
    name = `s${names.size}`;
    names.set(text, name);
  }
  return { ...(name === undefined ? {} : { name }), text, values: [...values] };
}

/**
 * Whether a prepared statement can't be run as it is, and has done nothing; its connection must be closed. Either a migration changed the type
 * of one of its columns (Postgres' plancache.c, RevalidateCachedQuery: "cached plan must not change result type"), or the connection has
 * another list of prepared statements than the driver (26000, 42P05): several were sent behind the first, whose preparation then failed.
 */
export function isOutdated(error: unknown): error is Error {
  if (!(error instanceof pg.DatabaseError)) return false;
  if (error.code === "26000" || error.code === "42P05") return true;
  return error.code === "0A000" && error.routine === "RevalidateCachedQuery";
}

/**
 * Whether nothing more must be sent over the connection: Postgres ends it (57P01 to 57P05), or the error isn't Postgres' answer, so the
 * connection is lost, or the driver could not write a value and has taken the prepared statement back.
 */
function isLast(error: unknown): error is Error {
  if (error instanceof pg.DatabaseError) return error.code?.startsWith("57P") ?? false;
  return error instanceof Error;
}

type Query = <Row extends QueryResultRow>(
  text: string,
  values?: readonly unknown[],
) => Promise<QueryResult<Row>>;

/** A connection that statements share while there are any. */
interface Shared {
  readonly client: PoolClient;
  readonly lost: (error: Error) => void;
  broken: Error | undefined;
  /** Statements that were sent and not yet answered. */
  open: number;
}

/**
 * Single statements over a pool, whose clients must be in node-postgres' pipeline mode. A statement takes a free connection. When there is none, it is
 * sent behind others without waiting for their answers, over the connection that has fewest; Postgres runs those one after the
 * other, each in a transaction of its own. As soon as someone waits for a whole connection, no more join, so that it becomes free.
 */
export function sharedConnections(pool: Pool): Query {
  const shared: Shared[] = [];
  let following: Promise<Shared> | undefined;

  const take = async (): Promise<Shared> => {
    const client = await pool.connect();
    const connection: Shared = {
      client,
      // A connection that is lost between two statements says so as an event only; without a listener it would end the process.
      lost(error) {
        connection.broken = error;
      },
      broken: undefined,
      open: 0,
    };
    client.on("error", connection.lost);
    shared.push(connection);
    return connection;
  };

  const giveBack = (connection: Shared): void => {
    shared.splice(shared.indexOf(connection), 1);
    connection.client.off("error", connection.lost);
    connection.client.release(connection.broken);
  };

  const choose = (): Shared | Promise<Shared> => {
    const isFree = pool.idleCount > pool.waitingCount || pool.totalCount < pool.options.max;
    if (isFree) return take();
    const [first, ...others] = shared.filter(({ broken }) => broken === undefined);
    if (first && pool.waitingCount <= pool.idleCount)
      return others.reduce((least, other) => (other.open < least.open ? other : least), first);
    // One of those that wait asks for all of them.
    following ??= take().finally(() => {
      following = undefined;
    });
    return following;
  };

  return async <Row extends QueryResultRow>(text: string, values?: readonly unknown[]) => {
    const chosen = choose();
    const connection = chosen instanceof Promise ? await chosen : chosen;
    const { client } = connection;
    connection.open += 1;
    try {
      return values === undefined
        ? await client.query<Row>(text)
        : await client.query<Row>(prepared(text, values));
    } catch (error) {
      if (isLast(error)) connection.broken = error;
      if (values === undefined || !isOutdated(error)) throw error;
      connection.broken = error;
      return await client.query<Row>(text, [...values]);
    } finally {
      connection.open -= 1;
      if (connection.open === 0) giveBack(connection);
    }
  };
}
