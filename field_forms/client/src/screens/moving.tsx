import { useEffect, useRef, useState } from 'preact/hooks'
import { openDb, type Db } from '../db'
import { waitingFiles } from '../files'
import { t } from '../i18n'
import { arrive, confirmMoved, leave, movedAway, Occupied, takeBack, type Moved } from '../moving'
import { BadParcel, CODE_LETTERS, inFours, newCode, readCode } from '../parcel'
import { around, unlock, type OpenPhone } from '../phone'
import { PhoneFull } from '../types'
import { Banner } from '../ui/banner'
import { Bar } from '../ui/bar'
import { Button } from '../ui/button'
import { useAsked, useBusy } from '../ui/hooks'
import { Page } from '../ui/page'
import { Sheet } from '../ui/sheet'
import { moment, size } from '../ui/words'
import { save, share } from './around'
import './paper'

const REPEATED = 4
const LEAST_PIN = 6

/** `#/moving`, on the old phone: send, write down the code, make the file. When the file is made the app shows `MovedScreen`. */
export function MovingScreen({ phone }: { phone: OpenPhone; go: (where: string) => void }) {
  const [code] = useState(newCode)
  const [typed, setTyped] = useState('')
  const [wrong, setWrong] = useState('')
  const [failed, setFailed] = useState('')
  const [far, setFar] = useState<[number, number] | null>(null)
  const [busy, run] = useBusy()
  const [sending, send] = useBusy()
  const field = useRef<HTMLInputElement>(null)
  const waits = useAsked(phone, async () => ({ changes: (await phone.deps.unsentTexts())?.texts.length ?? 0, ...(await waitingFiles(phone.deps)) }))
  const make = () => {
    if (readCode(typed) !== readCode(code).slice(-REPEATED)) {
      setWrong(t('moving.repeat_wrong'))
      return field.current?.focus()
    }
    run(async () => {
      setFailed('')
      await leave(phone.deps, code, (done, of) => setFar([done, of])).catch((error) => setFailed(t(error instanceof PhoneFull ? 'moving.full' : 'moving.failed')))
      setFar(null)
    })
  }
  return (
    <Page title={t('moving.title')} class="narrow">
      <p>{t('moving.what')}</p>
      <ol class="around-steps">
        <li>
          <h2>{t('moving.step1')}</h2>
          {waits && <p>{waits.changes || waits.files ? t('moving.waits', { n: waits.changes, files: waits.files }) : t('moving.all_sent')}</p>}
          {!!(waits?.changes || waits?.files) && <Button wide icon="send" busy={sending} onClick={() => send(() => phone.syncNow())}>{t('moving.send')}</Button>}
        </li>
        <li>
          <h2>{t('moving.step2')}</h2>
          <p class="around-code" aria-label={`${t('moving.code')}: ${code.replace(/\s/g, '').split('').join(' ')}`}>
            {code.split(' ').map((four) => <span>{four}</span>)}
          </p>
          <p>{t('moving.code_text')}</p>
          <div class="field">
            <label for="moving-repeat">{t('moving.repeat')}</label>
            <input id="moving-repeat" ref={field} class="code" type="text" autocomplete="off" autocapitalize="characters" autocorrect="off" spellcheck={false} maxLength={6} value={typed}
              aria-invalid={wrong ? true : undefined} aria-describedby="moving-repeat-error" onInput={(event) => (setTyped(event.currentTarget.value.toUpperCase()), setWrong(''))} />
            <p class="error" id="moving-repeat-error" role="alert">{wrong}</p>
          </div>
        </li>
        <li>
          <h2>{t('moving.step3')}</h2>
          <p>{t('moving.stop_text')}</p>
          {failed && <Banner kind="bad" urgent>{failed}</Banner>}
          <Button look="main" wide icon="phone" busy={busy} onClick={make}>{t('moving.make')}</Button>
          {far && <Going far={far} says="moving.making" />}
        </li>
      </ol>
    </Page>
  )
}

function Going({ far: [done, of], says }: { far: [number, number]; says: string }) {
  return (
    <div role="status">
      <p>{of ? t(says, { n: done, all: of }) : t('arrive.checking')}</p>
      <Bar done={done} of={of} label={t(says, { n: done, all: of })} />
    </div>
  )
}

/**
 * The old phone after the file was made, until it is erased: the file once more, erase, or take the move back.
 * onChanged: the phone is another now (erased, or locked as before); the app is to look again.
 */
export function MovedScreen({ onChanged }: { onChanged: () => void }) {
  const [db, setDb] = useState<Db | null>(null)
  const [moved, setMoved] = useState<Moved | null>(null)
  const [asking, setAsking] = useState<'erase' | 'back' | null>(null)
  const [note, setNote] = useState('')
  const [busy, run] = useBusy()
  useEffect(() => {
    const opening = openDb(around.name)
    void opening.then(async (opened) => (setDb(opened), setMoved(await movedAway(opened))))
    return () => void opening.then((opened) => opened.close())
  }, [])
  const file = moved?.file
  return (
    <Page title={t('moved.title')} home={<img class="logo" src="icon.svg" alt="" width={40} height={40} />} class="narrow">
      {moved && !file && <Banner kind="good">{t('moved.gone')}</Banner>}
      {moved && file && (
        <>
          <Banner kind="info">{t('moved.text', { when: moment(moved.at!) })}</Banner>
          <ol class="around-steps">
            <li>
              <h2>{t('moved.step1')}</h2>
              <p>
                <strong class="around-name">{file.name}</strong> {t('moved.size', { size: size(file.size) })}
              </p>
              <div class="around-row">
                <Button look="main" icon="send" onClick={() => void share(file, t('moved.title')).then((how) => setNote(how === 'saved' ? t('moved.saved') : ''))}>{t('moved.share')}</Button>
                <Button icon="file" onClick={() => (save(file), setNote(t('moved.saved')))}>{t('moved.save')}</Button>
              </div>
              <p role="status">{note}</p>
            </li>
            <li>
              <h2>{t('moved.step2')}</h2>
              <p>{t('moved.on_new')}</p>
            </li>
            <li>
              <h2>{t('moved.step3')}</h2>
              <p>{t('moved.confirm_text')}</p>
              <Button look="danger" wide onClick={() => setAsking('erase')}>{t('moved.confirm')}</Button>
            </li>
          </ol>
          <Button look="quiet" wide onClick={() => setAsking('back')}>{t('moved.back')}</Button>
        </>
      )}
      {asking === 'erase' && (
        <Sheet
          title={t('moved.sure')}
          onClose={() => setAsking(null)}
          acts={
            <>
              <Button look="danger" wide busy={busy} onClick={() => run(() => confirmMoved(db!).then(onChanged))}>{t('moved.sure_yes')}</Button>
              <Button wide onClick={() => setAsking(null)}>{t('moved.no')}</Button>
            </>
          }
        >
          <p>{t('moved.sure_text')}</p>
        </Sheet>
      )}
      {asking === 'back' && <TakeBack db={db!} onClose={() => setAsking(null)} onDone={onChanged} />}
    </Page>
  )
}

function TakeBack({ db, onClose, onDone }: { db: Db; onClose: () => void; onDone: () => void }) {
  const [pin, setPin] = useState('')
  const [wrong, setWrong] = useState('')
  const [busy, run] = useBusy()
  const back = () =>
    run(() =>
      takeBack(db, pin).then(onDone, (error: { wait?: number }) => {
        setPin('')
        setWrong(error.wait ? t('moved.pin_wait', { n: error.wait }) : t('moved.pin_wrong'))
      }),
    )
  return (
    <Sheet
      title={t('moved.back_title')}
      onClose={onClose}
      acts={
        <>
          <Button look="danger" wide busy={busy} onClick={back}>{t('moved.back_go')}</Button>
          <Button wide onClick={onClose}>{t('moved.no')}</Button>
        </>
      }
    >
      <p>{t('moved.back_text')}</p>
      <PinField id="moved-pin" label={t('moved.back_pin')} value={pin} error={wrong} onInput={(text) => (setPin(text), setWrong(''))} />
    </Sheet>
  )
}

/** On the new phone, before anything was set up on it. `onOpen`: it goes on here, unlocked. */
export function ArriveScreen({ onOpen, onBack }: { onOpen: (phone: OpenPhone) => void; onBack: () => void }) {
  const [file, setFile] = useState<File | null>(null)
  const [code, setCode] = useState('')
  const [pin, setPin] = useState('')
  const [again, setAgain] = useState('')
  const [wrong, setWrong] = useState<{ [field: string]: string }>({})
  const [failed, setFailed] = useState('')
  const [far, setFar] = useState<[number, number] | null>(null)
  const [busy, run] = useBusy()
  const open = () => {
    const faults = faultsOf(file, code, pin, again)
    setWrong(faults)
    const first = Object.keys(faults)[0]
    if (first) return document.getElementById(`arrive-${first}`)?.focus()
    run(async () => {
      setFailed('')
      setFar([0, 0])
      await settle(file!, code, pin, (done, of) => setFar([done, of])).then(onOpen, (error) => setFailed(says(error)))
      setFar(null)
    })
  }
  const typed = (change: () => void) => {
    change()
    setWrong({})
    setFailed('')
  }
  return (
    <Page title={t('arrive.title')} onBack={onBack} class="narrow">
      <form class="stack" onSubmit={(event) => (event.preventDefault(), open())}>
        <div class="field">
          <label for="arrive-file">{t('arrive.file')}</label>
          <p class="hint" id="arrive-file-hint">{t('arrive.file_hint')}</p>
          <input id="arrive-file" type="file" aria-invalid={wrong.file ? true : undefined} aria-describedby="arrive-file-hint arrive-file-error" onChange={(event) => { const chosen = event.currentTarget.files?.[0] ?? null; typed(() => setFile(chosen)) }} />
          {file && <p class="hint">{t('arrive.chosen', { name: file.name, size: size(file.size) })}</p>}
          <p class="error" id="arrive-file-error" role="alert">{wrong.file}</p>
        </div>
        <div class="field">
          <label for="arrive-code">{t('arrive.code')}</label>
          <p class="hint" id="arrive-code-hint">{t('arrive.code_hint')}</p>
          <input id="arrive-code" class="code long" type="text" autocomplete="off" autocapitalize="characters" autocorrect="off" spellcheck={false} maxLength={32} placeholder="XXXX XXXX XXXX XXXX" value={code}
            aria-invalid={wrong.code ? true : undefined} aria-describedby="arrive-code-hint arrive-code-error" onInput={(event) => { const text = asCode(event.currentTarget); typed(() => setCode(text)) }} />
          <p class="error" id="arrive-code-error" role="alert">{wrong.code}</p>
        </div>
        <PinField id="arrive-pin" label={t('arrive.pin')} hint={t('arrive.pin_hint')} value={pin} error={wrong.pin} onInput={(text) => typed(() => setPin(text))} />
        <PinField id="arrive-again" label={t('arrive.again')} value={again} error={wrong.again} onInput={(text) => typed(() => setAgain(text))} />
        {failed && <Banner kind="bad" urgent>{failed}</Banner>}
        {far && <Going far={far} says="arrive.going" />}
        <Button look="main" wide type="submit" busy={busy}>{t('arrive.go')}</Button>
      </form>
    </Page>
  )
}

async function settle(file: File, code: string, pin: string, far: (done: number, of: number) => void): Promise<OpenPhone> {
  const db = await openDb(around.name)
  try {
    await arrive(db, file, code, pin, far)
  } finally {
    db.close()
  }
  return unlock(pin)
}

function faultsOf(file: File | null, code: string, pin: string, again: string): { [field: string]: string } {
  const letters = readCode(code).length
  const faults: { [field: string]: string } = {}
  if (!file) faults.file = t('arrive.no_file')
  if (letters !== CODE_LETTERS) faults.code = t('arrive.short', { n: letters })
  if (pin.length < LEAST_PIN) faults.pin = t('arrive.pin_short')
  else if (pin !== again) faults.again = t('arrive.pin_differs')
  return faults
}

function says(error: unknown): string {
  if (error instanceof BadParcel) return t(error.why === 'foreign' ? 'arrive.foreign' : 'arrive.bad')
  if (error instanceof Occupied) return t('arrive.occupied')
  return t(error instanceof PhoneFull ? 'arrive.full' : 'arrive.failed')
}

/** Groups of four come by themselves, at the end only: in the middle of the text the cursor would jump. */
function asCode(field: HTMLInputElement): string {
  const text = field.value.toUpperCase()
  return field.selectionStart === field.value.length ? inFours(text.replace(/[\s-]/g, '')) : text
}

function PinField({ id, label, hint, value, error, onInput }: {
  id: string
  label: string
  hint?: string
  value: string
  error?: string
  onInput: (text: string) => void
}) {
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {hint && <p class="hint" id={`${id}-hint`}>{hint}</p>}
      <input id={id} type="password" inputMode="numeric" autocomplete="off" maxLength={32} value={value} aria-invalid={error ? true : undefined}
        aria-describedby={[hint && `${id}-hint`, `${id}-error`].filter(Boolean).join(' ')} onInput={(event) => onInput(event.currentTarget.value.replace(/\D/g, ''))} />
      <p class="error" id={`${id}-error`} role="alert">{error}</p>
    </div>
  )
}
