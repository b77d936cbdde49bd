import de.bwaldvogel.mongo.MongoServer;
import de.bwaldvogel.mongo.MongoVersion;
import de.bwaldvogel.mongo.backend.memory.MemoryBackend;
import java.util.List;

/** An in-memory server of MongoDB's wire protocol; prints its address and ends with its standard input. */
public class Main {
  /** The server announces wire version 8 at most and the driver wants 9; the commands we send are older than both. */
  private static final MongoVersion VERSION =
      new MongoVersion() {
        @Override
        public List<Integer> getVersionArray() {
          return List.of(4, 4, 0);
        }

        @Override
        public int getWireVersion() {
          return 9;
        }
      };

  public static void main(String[] args) throws Exception {
    MongoServer server = new MongoServer(new MemoryBackend().version(VERSION));
    int port = args.length > 0 ? Integer.parseInt(args[0]) : 0;
    if (port == 0) {
      port = server.bind().getPort();
    } else {
      server.bind("127.0.0.1", port);
    }
    System.out.println("mongodb://127.0.0.1:" + port);
    System.out.flush();
    while (System.in.read() >= 0) {}
    server.shutdownNow();
  }
}
