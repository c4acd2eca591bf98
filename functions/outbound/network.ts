import { Resolver } from "node:dns/promises";
import { connect, type Socket } from "node:net";

/** The way to the public Internet: the only one that this function has. */
export interface Network {
  /**
   * Every address of a name, in the order in which they are to be tried; none when it has none.
   * @throws when no name server answers
   */
  readonly lookUp: (name: string) => Promise<readonly string[]>;
  /** Opens a connection to this very address, at port 443. */
  readonly connect: (address: string) => Socket;
  /** Certificates in PEM of authorities to believe, instead of those that Node knows. */
  readonly authorities?: string;
}

const PORT = 443;

/**
 * Asks name servers itself, so that neither the machine's host file nor a second look-up has a say in where a connection leads. IPv4 first:
 * an instance of Cloud Run has no way out by IPv6.
 */
export function publicNetwork(): Network {
  const resolver = new Resolver({ timeout: 2_000, tries: 2 });
  return {
    async lookUp(name) {
      const answers = await Promise.allSettled([resolver.resolve4(name), resolver.resolve6(name)]);
      const addresses = answers.flatMap((answer) => (answer.status === "fulfilled" ? answer.value : []));
      const failed = answers.find((answer) => answer.status === "rejected" && !isEmpty(answer.reason));
      if (addresses.length === 0 && failed?.status === "rejected") throw failed.reason;
      return addresses;
    },
    connect: (address) => connect({ host: address, port: PORT, lookup: refuseLookUp }),
  };
}

/** Node looks up no IP address; a name must not come this far. */
export function refuseLookUp(
  _name: string,
  _options: unknown,
  callback: (error: Error, address: string, family: number) => void,
): void {
  callback(new Error("a name was to be connected to, not an address"), "", 0);
}

/** Whether the name servers say that there is no such name, or no address of that sort. */
function isEmpty(error: unknown): boolean {
  return (
    error instanceof Error && "code" in error && (error.code === "ENOTFOUND" || error.code === "ENODATA")
  );
}
