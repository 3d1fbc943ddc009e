/** Bytes read at once. */
const CHUNK_BYTES = 65_536;

/**
 * What comes over a connection, until its other end is closed. Unlike `readable` of the connection it
 * leaves it open, so that whoever reads something wrong can still be told. A chunk is valid until the
 * next one is asked for.
 */
export async function* bytesOf(connection: Deno.Conn): AsyncGenerator<Uint8Array> {
  const buffer = new Uint8Array(CHUNK_BYTES);
  for (;;) {
    const count = await connection.read(buffer);
    if (count === null) return;
    yield buffer.subarray(0, count);
  }
}
