// Brings a list part by part, so that a line that breaks costs one part: it goes on where it was, also after a reload.
// Without this script the form sends the file whole.

const say = (form, key, value = '') => {
  const line = form.querySelector('[data-upload-says]')
  line.hidden = false
  line.textContent = (form.dataset[key] || '').replace('{}', value)
}

const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms))

const hash = async (blob) => {
  const digest = await crypto.subtle.digest('SHA-256', await blob.arrayBuffer())
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, '0')).join('')
}

// Where to go on with this file: where the upload was, if its last part is the same; from the start where that can't be told.
const begins = async (form, file, size) => {
  const { got, lastAt, lastSha } = form.dataset
  if (!Number(got) || !lastSha || !crypto.subtle) return 0
  const same = (await hash(file.slice(Number(lastAt), Math.min(Number(lastAt) + size, Number(got))))) === lastSha
  return same ? Number(got) : 0
}

const ask = async (form, url, body) => {
  for (let tries = 0; ; tries++) {
    let answer
    try {
      answer = await fetch(url, { method: 'POST', body, headers: { Accept: 'application/json', 'X-CSRF': form.csrf.value } })
    } catch {
      answer = null // no line: the phone's hotspot slept, or the cable
    }
    if (answer && answer.status < 500 && answer.status !== 429) return answer
    say(form, 'saysWaiting')
    await wait(Math.min(30000, 1000 * 2 ** tries))
  }
}

const read = async (answer) => {
  try { return await answer.json() } catch { return {} }
}

const bring = async (form) => {
  const file = form.elements.file.files[0]
  const size = Number(form.dataset.partBytes)
  if (!file || !file.size) return say(form, 'saysNone')
  let { part, page } = form.dataset
  let at = 0
  if (part) {
    if (file.size !== Number(form.dataset.size)) return say(form, 'saysOther')
    at = await begins(form, file, size)
  } else {
    const told = new FormData(form)
    told.delete('file')
    told.set('size', file.size)
    const answer = await ask(form, form.action, told)
    const list = await read(answer)
    if (!answer.ok) return say(form, 'saysRefused', list.says || answer.status)
    part = list.part
    page = list.page
  }
  const bar = form.querySelector('progress')
  bar.hidden = false
  bar.max = file.size
  while (at < file.size) {
    bar.value = at
    say(form, 'saysSending', `${Math.floor((100 * at) / file.size)} %`)
    const where = part + (part.includes('?') ? '&' : '?') + 'offset=' + at
    const answer = await ask(form, where, file.slice(at, at + size))
    const told = await read(answer)
    if (answer.ok) at = told.got
    else if (told.why === 'state') break // the last part had arrived before, only its answer was lost
    else if (answer.status === 409 && Number.isInteger(told.got) && told.got !== at) at = told.got
    else return say(form, 'saysRefused', told.says || answer.status)
  }
  bar.value = file.size
  say(form, 'saysDone')
  location.assign(page)
}

for (const form of document.querySelectorAll('form[data-part-bytes]')) {
  form.addEventListener('submit', async (event) => {
    event.preventDefault()
    event.stopPropagation()
    const button = form.querySelector('button')
    button.disabled = true
    try { await bring(form) } finally { button.disabled = false }
  })
}

// One tick for all rows of the page.
for (const all of document.querySelectorAll('input[data-all]')) {
  all.closest('label').hidden = false
  all.addEventListener('change', () => {
    for (const box of all.form.querySelectorAll('input[name=row]')) box.checked = all.checked
  })
}
