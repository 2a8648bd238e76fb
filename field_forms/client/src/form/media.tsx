// Photos and signatures: fetched only when a page asks for one.
import { useEffect, useRef, useState } from 'preact/hooks'
import { label, t } from '../i18n'
import type { FileValue } from '../types'
import { Icon } from '../ui/icon'
import type { Asked } from './filling'
import { blobOf, shrink } from './shrink'

export function MediaQuestion(asked: Asked) {
  return asked.cell.node.appearance?.includes('signature') ? <SignatureQuestion {...asked} /> : <PhotoQuestion {...asked} />
}

function fileOf({ cell, filling }: Asked): FileValue | null {
  const value = filling.form.value(cell)
  return value && typeof value === 'object' && 'sha256' in value ? value : null
}

/** The address of a kept file's picture, or null until it is here; given back when nobody looks at it any more. */
function usePicture(asked: Asked, sha256: string | undefined): string | null {
  const [address, setAddress] = useState<string | null>(null)
  useEffect(() => {
    if (!sha256) return
    let made: string | null = null
    let wanted = true
    void asked.filling.file(sha256).then((blob) => {
      if (!wanted || !blob) return
      made = URL.createObjectURL(blob)
      setAddress(made)
    }, () => {})
    return () => {
      wanted = false
      setAddress(null)
      if (made) URL.revokeObjectURL(made)
    }
  }, [sha256])
  return address
}

function PhotoQuestion(asked: Asked) {
  const { cell, filling, id } = asked
  const kept = fileOf(asked)
  const picture = usePicture(asked, kept?.sha256)
  const [state, setState] = useState<'' | 'working' | 'bad'>('')
  const what = label(cell.node.label)
  const take = async (input: HTMLInputElement) => {
    const photo = input.files?.[0]
    input.value = '' // the same file chosen again is a change too
    if (!photo) return
    // Who goes on before it is small enough must not save without it.
    const working = keep(photo)
    const finish = () => working
    filling.hands.add(finish)
    await working
    filling.hands.delete(finish)
  }
  const keep = async (photo: File) => {
    setState('working')
    try {
      filling.put(cell, await filling.keepFile(await shrink(photo, cell.node.max_pixels)))
      setState('')
    } catch {
      setState('bad')
    }
  }
  return (
    <div class="shot">
      {picture && <img src={picture} alt={t('form.photo-alt', { what })} />}
      {kept && <p class="says">{t('form.photo-kept', { kb: Math.ceil(kept.size / 1000) })}</p>}
      <div class="acts">
        <label class="button plain file">
          <input type="file" id={id} accept="image/*" capture="environment" aria-describedby={asked.described} aria-label={`${what}: ${t(kept ? 'form.photo-again' : 'form.photo-take')}`}
            onChange={(event) => void take(event.currentTarget)} />
          <Icon name="camera" />
          <span>{t(kept ? 'form.photo-again' : 'form.photo-take')}</span>
        </label>
        {kept && <button type="button" class="button quiet" onClick={() => filling.put(cell, null)}>{t('form.remove')}</button>}
      </div>
      <div role="status">
        {state === 'working' && <p class="says">{t('form.working')}</p>}
        {state === 'bad' && <p class="warn">{t('form.photo-bad')}</p>}
      </div>
    </div>
  )
}

const WIDTH = 640
const HEIGHT = 280
/** So long after the last stroke it is kept by itself: who signs and goes on must not lose it. */
const REST = 900

function SignatureQuestion(asked: Asked) {
  const { cell, filling, id } = asked
  const kept = fileOf(asked)
  const picture = usePicture(asked, kept?.sha256)
  // Once begun the pad stays, although it is kept at each rest of the finger: a name has more strokes than one.
  const [signing, setSigning] = useState(!kept)
  if (kept && !signing) {
    return (
      <div class="sign">
        {picture && <img src={picture} alt={t('form.sign-alt')} />}
        <div class="acts">
          <button type="button" id={id} class="button plain" aria-describedby={asked.described} onClick={() => setSigning(true)}>{t('form.sign-again')}</button>
          <button type="button" class="button quiet" onClick={() => (filling.put(cell, null), setSigning(true))}>{t('form.remove')}</button>
        </div>
      </div>
    )
  }
  return <Pad {...asked} onDone={() => setSigning(false)} />
}

/** Where the form asked before how the worker agrees, the pad is ready for it. */
function saysThumb({ filling }: Asked): boolean {
  const method = filling.form.named('method')
  return method !== undefined && filling.form.text(method) === 'thumb'
}

function Pad(asked: Asked & { onDone: () => void }) {
  const { cell, filling, id, onDone } = asked
  const [thumb, setThumb] = useState(() => saysThumb(asked))
  const [marked, setMarked] = useState(false)
  const canvas = useRef<HTMLCanvasElement>(null)
  const work = useRef({ drawn: false, fresh: false, last: null as { x: number; y: number } | null, timer: 0 }).current

  const clear = () => {
    wipe(canvas.current!)
    clearTimeout(work.timer)
    work.drawn = work.fresh = false
    setMarked(false)
    if (filling.form.value(cell)) filling.put(cell, null)
  }
  const keep = async (paper: HTMLCanvasElement) => {
    clearTimeout(work.timer)
    if (!work.fresh) return
    work.fresh = false
    try {
      const file = await filling.keepFile(await blobOf(paper, 'image/webp', 0.7))
      if (work.drawn) filling.put(cell, file)
    } catch (error) {
      work.fresh = true // still on the paper: the next try keeps it
      throw error
    }
  }
  useEffect(() => {
    const paper = canvas.current!
    wipe(paper)
    const finish = () => keep(paper).catch(() => {})
    filling.hands.add(finish)
    return () => {
      filling.hands.delete(finish)
      void finish()
    }
  }, [])

  const where = (event: PointerEvent) => {
    const at = canvas.current!.getBoundingClientRect()
    return { x: ((event.clientX - at.left) * WIDTH) / at.width, y: ((event.clientY - at.top) * HEIGHT) / at.height, scale: WIDTH / at.width }
  }
  const dirty = () => {
    work.drawn = work.fresh = true
    setMarked(true)
    clearTimeout(work.timer)
    const paper = canvas.current!
    work.timer = window.setTimeout(() => void keep(paper).catch(() => {}), REST)
  }
  const down = (event: PointerEvent) => {
    event.preventDefault()
    canvas.current!.setPointerCapture(event.pointerId)
    work.last = where(event)
    if (thumb) stamp(event)
    else line(work.last, work.last)
  }
  const move = (event: PointerEvent) => {
    if (!work.last || thumb) return
    const to = where(event)
    line(work.last, to)
    work.last = to
  }
  const up = () => {
    work.last = null
  }
  const line = (from: { x: number; y: number }, to: { x: number; y: number }) => {
    const pen = canvas.current!.getContext('2d')
    if (!pen) return
    pen.strokeStyle = '#10222b'
    pen.lineWidth = 5
    pen.lineCap = 'round'
    pen.beginPath()
    pen.moveTo(from.x, from.y)
    pen.lineTo(to.x, to.y + (from === to ? 0.1 : 0))
    pen.stroke()
    dirty()
  }
  /** The place and the size of the thumb on the glass, drawn as rings: a mark that was made, no fingerprint. */
  const stamp = (event: PointerEvent) => {
    const { x, y, scale } = where(event)
    const wide = Math.max(34, Math.min(90, (event.width * scale) / 2))
    const high = Math.max(46, Math.min(120, (event.height * scale) / 2))
    const pen = canvas.current!.getContext('2d')
    if (!pen) return
    pen.strokeStyle = '#10222b'
    pen.lineWidth = 3
    for (let part = 1; part > 0.1; part -= 0.16) {
      pen.beginPath()
      pen.ellipse(x, y + high * (1 - part) * 0.25, wide * part, high * part, 0, 0, 2 * Math.PI)
      pen.stroke()
    }
    dirty()
  }
  return (
    <div class="sign">
      <div class="sides" role="group" aria-label={label(cell.node.label)}>
        <button type="button" aria-pressed={!thumb} onClick={() => (setThumb(false), clear())}>{t('form.sign-draw')}</button>
        <button type="button" aria-pressed={thumb} onClick={() => (setThumb(true), clear())}>{t('form.sign-thumb')}</button>
      </div>
      <p class="says" id={`${id}-how`}>{t(thumb ? 'form.sign-thumb-says' : 'form.sign-draw-says')}</p>
      <canvas ref={canvas} id={id} width={WIDTH} height={HEIGHT} tabIndex={0} role="img" aria-label={t('form.sign-field')} aria-describedby={[`${id}-how`, asked.described].filter(Boolean).join(' ')}
        onPointerDown={down} onPointerMove={move} onPointerUp={up} onPointerCancel={up} />
      <div class="acts">
        <button type="button" class="button plain" onClick={clear}>{t('form.sign-clear')}</button>
        {marked && <button type="button" class="button main" onClick={() => void keep(canvas.current!).then(onDone, () => {})}>{t('form.sign-done')}</button>}
      </div>
    </div>
  )
}

/** A phone that is short of memory may have no pen for us: then nothing is drawn, and nothing taken for a signature. */
function wipe(paper: HTMLCanvasElement): void {
  const pen = paper.getContext('2d')
  if (!pen) return
  pen.fillStyle = '#fff'
  pen.fillRect(0, 0, WIDTH, HEIGHT)
}
