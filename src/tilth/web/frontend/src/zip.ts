/** Several files as one zip, unpacked: a shapefile's parts travel together. */

const TABLE = Uint32Array.from({ length: 256 }, (_, at) => {
  let value = at;
  for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? 0xedb88320 ^ (value >>> 1) : value >>> 1;
  return value >>> 0;
});

function crc32(bytes: Uint8Array): number {
  let value = 0xffffffff;
  for (const byte of bytes) value = (TABLE[(value ^ byte) & 0xff] as number) ^ (value >>> 8);
  return (value ^ 0xffffffff) >>> 0;
}

export async function zipped(files: readonly File[], name: string): Promise<File> {
  const parts: BlobPart[] = [];
  const directory: BlobPart[] = [];
  let at = 0;
  let directoryLength = 0;
  for (const file of files) {
    const bytes = new Uint8Array(await file.arrayBuffer());
    const title = new TextEncoder().encode(file.name);
    const [crc, size] = [crc32(bytes), bytes.length];
    const common = [20, 0x800, 0, 0, 0x21].flatMap(two).concat(four(crc), four(size), four(size), two(title.length), two(0));
    const local = Uint8Array.from([...four(0x04034b50), ...common]);
    parts.push(local, title, bytes);
    const central = Uint8Array.from([
      ...four(0x02014b50),
      ...two(20),
      ...common,
      ...two(0),
      ...two(0),
      ...two(0),
      ...four(0),
      ...four(at),
    ]);
    directory.push(central, title);
    directoryLength += central.length + title.length;
    at += local.length + title.length + size;
  }
  const end = Uint8Array.from([
    ...four(0x06054b50),
    ...[0, 0, files.length, files.length].flatMap(two),
    ...four(directoryLength),
    ...four(at),
    ...two(0),
  ]);
  return new File([...parts, ...directory, end], name, { type: "application/zip" });
}

function two(value: number): number[] {
  return [value & 255, (value >> 8) & 255];
}

function four(value: number): number[] {
  return [...two(value & 0xffff), ...two(value >>> 16)];
}
