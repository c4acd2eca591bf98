/** Preloaded into a process that must not talk to anyone: an attempt is printed and ends it. Listening is not an attempt. */
import { Socket } from "node:net";

Socket.prototype.connect = function refuse(this: Socket, ...args: unknown[]): Socket {
  process.stderr.write(`tried to connect: ${JSON.stringify(args[0])}\n`);
  process.exit(99);
};
