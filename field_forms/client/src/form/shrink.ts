// Makes a camera's 4 MB into what a line that takes ten minutes for a photo can carry.

export const MOST_BYTES = 60_000
const LEAST_PIXELS = 320

export class NoPicture extends Error {}

/**
 * The picture with its longer side at most `pixels` and at most `most` bytes: first the quality goes down, then the size.
 * What the phone writes into photos (place, time, model) is not in the result. Rejects with NoPicture.
 */
export async function shrink(photo: Blob, pixels = 1024, most = MOST_BYTES): Promise<Blob> {
  const image = await opened(photo)
  let side = Math.min(pixels, Math.max(image.width, image.height))
  let made: Blob | undefined
  for (let tries = 0; tries < 6; tries++) {
    const canvas = drawn(image, side)
    for (const quality of [0.8, 0.65, 0.5]) {
      made = await encoded(canvas, quality)
      if (made.size <= most) return made
    }
    if (side <= LEAST_PIXELS) break
    side = Math.max(LEAST_PIXELS, Math.round(side * Math.min(0.85, Math.sqrt(most / made!.size))))
  }
  return made!
}

/** WebP where the browser writes it, else JPEG: `toBlob` answers with PNG for a type that it does not know. */
async function encoded(canvas: HTMLCanvasElement, quality: number): Promise<Blob> {
  const webp = await blobOf(canvas, 'image/webp', quality)
  return webp.type === 'image/webp' ? webp : blobOf(canvas, 'image/jpeg', quality)
}

export function blobOf(canvas: HTMLCanvasElement, type: string, quality?: number): Promise<Blob> {
  return new Promise((resolve, reject) => canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new NoPicture())), type, quality))
}

function drawn(image: HTMLImageElement, side: number): HTMLCanvasElement {
  const scale = Math.min(1, side / Math.max(image.width, image.height))
  const canvas = document.createElement('canvas')
  canvas.width = Math.max(1, Math.round(image.width * scale))
  canvas.height = Math.max(1, Math.round(image.height * scale))
  const pen = canvas.getContext('2d')!
  pen.fillStyle = '#fff' // JPEG has no see-through
  pen.fillRect(0, 0, canvas.width, canvas.height)
  pen.imageSmoothingQuality = 'high'
  pen.drawImage(image, 0, 0, canvas.width, canvas.height)
  return canvas
}

async function opened(photo: Blob): Promise<HTMLImageElement> {
  // An <img> turns the picture as the camera was held, in every browser of our range; createImageBitmap does so only in newer ones.
  const address = URL.createObjectURL(photo)
  try {
    const image = new Image()
    image.src = address
    await image.decode()
    if (!image.width || !image.height) throw new NoPicture()
    return image
  } catch {
    throw new NoPicture()
  } finally {
    URL.revokeObjectURL(address) // decoded already
  }
}
