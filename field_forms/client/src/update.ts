// Keeps the app on the phone, and lets a new version of it wait for a good moment. Drafts, records and the outbox are never touched.

const FORM_IS_OPEN = 'sambung-form' // a lock that every tab with a form holds together with the others

let waiting: ServiceWorker | null = null
let keptAll = false
let replacing = false
const heard = new Set<() => void>()

/** Register the worker. At the start nothing is open: a version that has been waiting since last time is taken up at once. */
export function keepShell(): void {
  if (!('serviceWorker' in navigator) || import.meta.env.DEV) return
  navigator.serviceWorker.addEventListener('controllerchange', () => replacing && location.reload())
  const start = async () => {
    const registration = await navigator.serviceWorker.register('sw.js', { scope: './' })
    if (registration.waiting && registration.active) {
      noticed(registration.waiting)
      // Nothing more is asked of the old worker then: while it is at work, the new one has to wait for it.
      if (await takeUp()) return
    }
    registration.addEventListener('updatefound', () => watch(registration))
    watch(registration)
    await navigator.serviceWorker.ready
    await keepRest()
    addEventListener('online', () => void keepRest())
    document.addEventListener('visibilitychange', () => {
      if (document.visibilityState !== 'visible') return
      void keepRest()
      void registration.update().catch(() => {}) // no line
    })
  }
  // After the first screen stands: on 2G the two would share one thin line.
  if (document.readyState === 'complete') void start().catch(() => {})
  else addEventListener('load', () => void start().catch(() => {}))
}

function watch(registration: ServiceWorkerRegistration): void {
  const coming = registration.installing
  coming?.addEventListener('statechange', () => {
    if (coming.state === 'installed' && registration.active) noticed(coming)
  })
}

function noticed(worker: ServiceWorker): void {
  waiting = worker
  heard.forEach((tell) => tell())
}

/** What other screens need; asked for again at each start and whenever there is a line, until it is all here. */
async function keepRest(): Promise<void> {
  const worker = (await navigator.serviceWorker.getRegistration('./'))?.active
  if (keptAll || !worker) return
  const channel = new MessageChannel()
  channel.port1.onmessage = (event) => {
    keptAll = event.data === 'kept'
    if (keptAll) heard.forEach((tell) => tell())
  }
  worker.postMessage('rest', [channel.port2])
}

export function updateWaits(): boolean {
  return waiting !== null
}

/** Whether every screen opens without a line. */
export function worksOffline(): boolean {
  return keptAll
}

export function onUpdate(tell: () => void): () => void {
  heard.add(tell)
  return () => heard.delete(tell)
}

let busyHere: (() => void) | null = null

/** While a form is open no tab may take up a new version. Call with false when it is left. */
export function formIsOpen(open: boolean): void {
  if (!open) {
    busyHere?.()
    busyHere = null
  } else if (!busyHere) {
    let left = () => {}
    const closed = new Promise<void>((resolve) => (left = resolve))
    busyHere = left
    void navigator.locks?.request(FORM_IS_OPEN, { mode: 'shared' }, () => closed).catch(() => {})
  }
}

/** Take up the version that waits; the app starts anew. False when a form is open, here or in another tab, or nothing waits. */
export async function takeUp(): Promise<boolean> {
  const worker = waiting
  if (!worker || busyHere) return false
  const skip = () => {
    replacing = true
    worker.postMessage('skip')
    return true
  }
  if (!navigator.locks) return skip()
  return navigator.locks.request(FORM_IS_OPEN, { ifAvailable: true }, (lock) => lock !== null && skip())
}
