"""What the measuring does inside the page; `sambung` is the app's core, `phone` an unlocked phone."""

BEGIN = "async (code) => { window.phone = await sambung.begin(code, '481516', 'HP bangku'); await phone.syncNow() }"
OPEN = "async (pin) => { window.phone = await sambung.unlock(pin) }"
SAVE_ALL = """async (people) => {
  const took = [], records = []
  for (const [village, fields] of people) {
    const began = performance.now()
    records.push((await phone.save('worker', null, village, fields, { form: 'worker@1' })).record)
    took.push(performance.now() - began)
  }
  return { took, records }
}"""
DRAFT_ALL = """async (people) => {
  const took = [], id = 'bangku'
  for (const [village, answers] of people) {
    const began = performance.now()
    const about = { id, form: 'worker@1', kind: 'worker', record: null, village, opened: null }
    await phone.keepDraft({ ...about, answers, begun: 1, saved: Date.now(), files: {} })
    took.push(performance.now() - began)
  }
  await phone.dropDraft(id)
  return took
}"""
# A picture of noise presses as little as a card's photo; the size of its sides brings it near the bytes that were asked for.
SAVE_PHOTO = """async ([[village, fields], size]) => {
  const paper = document.createElement('canvas')
  const drawn = async (side) => {
    paper.width = paper.height = side
    const pen = paper.getContext('2d')
    const noise = pen.createImageData(side, side)
    for (let n = 0; n < noise.data.length; n++) noise.data[n] = n % 4 === 3 ? 255 : Math.random() * 256
    pen.putImageData(noise, 0, 0)
    return new Promise((done) => paper.toBlob(done, 'image/jpeg', 0.7))
  }
  const trial = await drawn(200)
  const photo_ktp = await phone.keepFile(await drawn(Math.round(200 * Math.sqrt(size / trial.size))))
  await phone.save('worker', null, village, { ...fields, photo_ktp }, { form: 'worker@1' })
  return photo_ktp.size
}"""
ALL_SENT = """async () => {
  const began = performance.now()
  const sent = new Promise((resolve) => {
    const look = async () => {
      const { waiting, waiting_files } = await phone.counts()
      if (waiting + waiting_files === 0) resolve(performance.now() - began)
    }
    phone.subscribe(look)
    setInterval(look, 50)
  })
  void phone.syncNow()
  const late = new Promise((_, fail) => setTimeout(() => fail(new Error(JSON.stringify(phone.syncState()))), 60_000))
  return Promise.race([sent, late])
}"""
DISK = """async () => {
  const size = (value) => {
    if (value === null || value === undefined) return 0
    if (typeof value === 'string') return value.length
    if (value instanceof ArrayBuffer || ArrayBuffer.isView(value)) return value.byteLength
    if (typeof value !== 'object') return 8
    return Object.entries(value).reduce((sum, [name, one]) => sum + name.length + size(one), 0)
  }
  const { db } = phone.deps
  const stores = [...db.objectStoreNames].filter((store) => !['forms', 'drafts', 'meta'].includes(store))
  return (await Promise.all(stores.map((store) => db.getAll(store)))).reduce((sum, rows) => sum + size(rows), 0)
}"""
DRAWN = "() => new Promise((drawn) => requestAnimationFrame(() => setTimeout(drawn)))"
DERIVE = """async () => {
  const began = performance.now()
  const key = await crypto.subtle.importKey('raw', new TextEncoder().encode('481516'), 'PBKDF2', false, ['deriveBits'])
  const salt = crypto.getRandomValues(new Uint8Array(16))
  await crypto.subtle.deriveBits({ name: 'PBKDF2', hash: 'SHA-256', salt, iterations: 600000 }, key, 256)
  return performance.now() - began
}"""
WATCH_HOME = """() => {
  window.home = new Promise((shown) => {
    let began = 0
    addEventListener('click', () => (began = performance.now()), { capture: true, once: true })
    new MutationObserver((_, watch) => {
      if (!document.querySelector('main.home')) return
      watch.disconnect()
      requestAnimationFrame(() => setTimeout(() => shown(performance.now() - began)))
    }).observe(document.body, { childList: true, subtree: true })
  })
}"""
# `listed`: the list stands in the page; `drawn`: and the browser has drawn it.
WATCH_KEYS = """() => {
  window.keys = []
  addEventListener('keydown', (event) => {
    const began = event.timeStamp
    let listed = 0
    const watch = new MutationObserver(() => (listed = performance.now()))
    watch.observe(document.querySelector('main'), { childList: true, subtree: true, characterData: true, attributes: true })
    window.key = new Promise((done) => {
      addEventListener('input', () => requestAnimationFrame(() => requestAnimationFrame(() => {
        watch.disconnect()
        const now = performance.now()
        if (listed) keys.push({ listed: listed - began, drawn: now - began })
        done()
      })), { once: true })
    })
  }, { capture: true })
}"""
SOME_NAME = "(n) => { const rows = document.querySelectorAll('.rows .row strong'); return rows[n % rows.length].innerText }"
