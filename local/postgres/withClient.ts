import pg from "pg";

/**
 * Runs `work` with a connection of its own. When the server goes away under it, `work`'s queries are rejected; without a listener
 * the connection's own error would end this process as well.
 */
export async function withClient<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5000 });
  client.on("error", () => {});
  try {
    await client.connect();
    return await work(client);
  } finally {
    await client.end().catch(() => {});
  }
}
