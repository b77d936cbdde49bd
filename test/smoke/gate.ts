import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** A door before a server: while it is shut, every connection ends at once, as when a machine has gone. */
export interface Gate {
  readonly port: number;
  shut(): void;
  open(): void;
  /** Connections that came so far, let in or not. */
  readonly knocks: number;
  close(): Promise<void>;
}

export async function openGate(target: { readonly host: string; readonly port: number }): Promise<Gate> {
  const through = new Set<Socket>();
  let isOpen = true;
  let knocks = 0;
  const server = createServer((socket) => {
    knocks += 1;
    socket.on('error', () => socket.destroy());
    if (!isOpen) return void socket.destroy();
    const inner = connect(target.port, target.host);
    for (const one of [socket, inner]) {
      through.add(one);
      one.on('error', () => one.destroy());
      one.on('close', () => {
        through.delete(one);
        socket.destroy();
        inner.destroy();
      });
    }
    socket.pipe(inner).pipe(socket);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const drop = (): void => through.forEach((socket) => socket.destroy());
  return {
    port: (server.address() as AddressInfo).port,
    shut() {
      isOpen = false;
      drop();
    },
    open: () => void (isOpen = true),
    get knocks() {
      return knocks;
    },
    close() {
      drop();
      return new Promise((done) => server.close(() => done()));
    },
  };
}
