// Gzip by the browser itself: no code of ours, and every browser that we build for has it.

export async function gzip(text: string): Promise<Uint8Array> {
  return through(new Blob([text]), new CompressionStream('gzip'))
}

/** Rejects when it is no gzip, was cut, or unpacks to more than `most` bytes. */
export async function gunzip(bytes: Uint8Array, most: number): Promise<Uint8Array> {
  return through(new Blob([bytes.slice()]), new DecompressionStream('gzip'), most)
}

async function through(content: Blob, press: GenericTransformStream, most = Infinity): Promise<Uint8Array> {
  const reader = content.stream().pipeThrough(press as ReadableWritablePair<Uint8Array, Uint8Array>).getReader()
  const parts: Uint8Array[] = []
  let size = 0
  for (;;) {
    const { value, done } = await reader.read()
    if (done) break
    size += value.length
    if (size > most) {
      await reader.cancel().catch(() => undefined)
      throw new RangeError('unpacks to too much')
    }
    parts.push(value)
  }
  const whole = new Uint8Array(size)
  let place = 0
  for (const part of parts) {
    whole.set(part, place)
    place += part.length
  }
  return whole
}
