// A zip writer for a handful of files: no package and no `zip` program needed, and the same input gives the same bytes.
import { crc32, deflateRawSync } from 'node:zlib';

/** 1 January 1980, the earliest that a zip can say: builds of one source are equal whenever they were made. */
const dosDate = 0x21;
const utf8Names = 0x0800;
const version = 20;

const local = ({ name, packed, checksum, size }) => {
  const head = Buffer.alloc(30);
  head.writeUInt32LE(0x04034b50, 0);
  writeFacts(head, 4, { packed, checksum, size, name });
  return Buffer.concat([head, name, packed]);
};

const central = ({ name, packed, checksum, size, offset }) => {
  const head = Buffer.alloc(46);
  head.writeUInt32LE(0x02014b50, 0);
  head.writeUInt16LE(version, 4);
  writeFacts(head, 6, { packed, checksum, size, name });
  // Unix permissions 0644 in the upper half, or an unpacked file could not be read by Grafana's user.
  head.writeUInt32LE((0o100644 << 16) >>> 0, 38);
  head.writeUInt8(3, 5);
  head.writeUInt32LE(offset, 42);
  return Buffer.concat([head, name]);
};

/** The fields that both kinds of header share, in their order. */
function writeFacts(head, at, { packed, checksum, size, name }) {
  head.writeUInt16LE(version, at);
  head.writeUInt16LE(utf8Names, at + 2);
  head.writeUInt16LE(8, at + 4);
  head.writeUInt16LE(0, at + 6);
  head.writeUInt16LE(dosDate, at + 8);
  head.writeUInt32LE(checksum, at + 10);
  head.writeUInt32LE(packed.length, at + 14);
  head.writeUInt32LE(size, at + 18);
  head.writeUInt16LE(name.length, at + 22);
}

/** @param {ReadonlyArray<{name: string, data: Buffer}>} files @returns {Buffer} */
export function zip(files) {
  let offset = 0;
  const entries = files.map(({ name, data }) => {
    const entry = {
      name: Buffer.from(name),
      packed: deflateRawSync(data, { level: 9 }),
      checksum: crc32(data),
      size: data.length,
      offset,
    };
    offset += 30 + entry.name.length + entry.packed.length;
    return entry;
  });
  const directory = Buffer.concat(entries.map(central));
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(entries.length, 8);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...entries.map(local), directory, end]);
}
