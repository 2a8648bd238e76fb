// The browser's offer to put the app on the phone's home screen comes once, early; it is kept until the officer sees it.

interface Offer extends Event { prompt(): Promise<unknown> }

let offer: Offer | null = null
const heard = new Set<() => void>()

addEventListener('beforeinstallprompt', (event) => {
  event.preventDefault()
  offer = event as Offer
  heard.forEach((tell) => tell())
})

export function canInstall(): boolean {
  return offer !== null
}

/** Asks the officer, by the browser's own question. Installed or not, storage that lasts is asked for again afterwards. */
export async function install(): Promise<void> {
  const asked = offer
  offer = null
  await asked?.prompt()
  await navigator.storage?.persist?.()
  heard.forEach((tell) => tell())
}

export function onInstall(tell: () => void): () => void {
  heard.add(tell)
  return () => heard.delete(tell)
}
