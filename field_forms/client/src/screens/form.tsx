// A form being filled in. Whatever happens here, what was typed is on the disk a moment later, and stays until it has become a change.
import '../form/form.css'
import { useEffect, useMemo, useReducer, useRef, useState } from 'preact/hooks'
import { enteredIn } from '../form/begin'
import { newFields, prefill } from '../form/capture'
import type { Filling } from '../form/filling'
import { Keeper, troubleIn, troubleOf, type Trouble } from '../form/keeper'
import { lists, type Lists } from '../form/lists'
import { FormInstance, type Cell } from '../form/model'
import { FormView, pageOf, type Step } from '../form/view'
import { formWords } from '../form/words'
import { label, lang, t } from '../i18n'
import { go as goTo, to } from '../router'
import { type Answer, type CompiledForm, type Draft, type Fields, type FileValue, type Phone, type Rules, type Saved, type Summary } from '../types'
import { Banner } from '../ui/banner'
import { Button } from '../ui/button'
import { Page } from '../ui/page'
import { Sheet } from '../ui/sheet'
import { dayWords } from '../words/dates'
import { mask } from '../words/nik'

interface Asked {
  phone: Phone
  draft: Draft
  /** a field: the form opens where it is asked */
  focus?: string
  /** null: nothing differed, or it was for practice */
  onDone: (saved: Saved | null) => void
  onLeave: () => void
}

/** Where trying again may help. */
const AGAIN = new Set<Trouble>(['full', 'failed'])

interface Loaded {
  form: CompiledForm
  rules: Rules | null
  env: Lists
  /** what a correction corrects */
  wrong: Fields | null
  wrongRecord: string | null
}

export function FormScreen(asked: Asked) {
  const { phone, draft, onLeave } = asked
  const [loaded, setLoaded] = useState<Loaded | 'lost' | null>(null)
  useEffect(() => {
    let wanted = true
    setLoaded(null)
    load(phone, draft).then((found) => wanted && setLoaded(found), () => wanted && setLoaded('lost'))
    return () => {
      wanted = false
    }
  }, [phone, draft.id])
  if (loaded === null) return <Page title={t('opening')} onBack={onLeave} focus={false}>{null}</Page>
  if (loaded === 'lost') {
    return <Page title={t('form.lost')} onBack={onLeave}><Banner kind="warn" urgent>{t('form.lost-says')}</Banner></Page>
  }
  return <Filled {...asked} {...loaded} key={draft.id} />
}

async function load(phone: Phone, draft: Draft): Promise<Loaded> {
  // The version that the draft was begun with, for ever: a newer one may ask other things.
  const [form, rules, wrong] = await Promise.all([phone.form(draft.form), phone.rules(), draft.corrects === undefined ? null : phone.change(draft.corrects), formWords()])
  return { form, rules, env: await lists(phone, form, rules), wrong: wrong?.change.fields ?? null, wrongRecord: wrong?.change.record ?? null }
}

function Filled({ phone, draft, focus, onDone, onLeave, form: compiled, rules, env, wrong, wrongRecord }: Asked & Loaded) {
  const [, draw] = useReducer((n: number) => n + 1, 0)
  const redraw = () => draw(undefined as never)
  const form = useMemo(() => new FormInstance(compiled, env, draft.answers), [])
  const opened = useMemo(() => (draft.opened || wrong ? { ...draft.opened?.fields, ...wrong } : null), [])
  const before = useMemo(() => opened && new FormInstance(compiled, env, prefill(compiled, opened)), [])
  const shown = useRef(new Set<string>()).current
  const hands = useRef(new Set<() => Promise<void>>()).current
  const [step, setStep] = useState<Step>(() => firstStep(form, focus))
  const [saving, setSaving] = useState(false)
  const [trouble, setTrouble] = useState<Trouble | ''>('')
  const [doubles, setDoubles] = useState<Summary[] | null>(null)
  const warned = useRef(false)
  const running = useRef(false)
  const touched = useRef(false)
  const keeper = useMemo(() => new Keeper(() => phone.keepDraft({ ...draft, village: home(), answers: form.answers(), files: filesOf(form.root), saved: Date.now() }), redraw), [])

  useEffect(() => {
    const away = () => void (document.visibilityState === 'hidden' && keeper.flush())
    const gone = () => void keeper.flush()
    // Where something could not be brought to the disk, closing must be said twice, and the phone does not lock by itself.
    const hold = (event: Event) => void (troubleIn(keeper.state) && event.preventDefault())
    document.addEventListener('visibilitychange', away)
    addEventListener('pagehide', gone)
    addEventListener('beforeunload', hold)
    addEventListener('idle', hold)
    void Promise.all(chosenWorkers(form.root).map((cell) => learn(form.value(cell)))).then(redraw)
    return () => {
      document.removeEventListener('visibilitychange', away)
      removeEventListener('pagehide', gone)
      removeEventListener('beforeunload', hold)
      removeEventListener('idle', hold)
      void keeper.flush()
    }
  }, [])

  const learn = async (record: Answer) => {
    if (typeof record === 'string' && record && (await env.learn(record).catch(() => false))) form.touch('workers')
  }
  const filling: Filling = {
    form, before, rules, hands, conflicts: draft.opened?.conflicts ?? {},
    put(cell, value) {
      if (running.current) return // it is being saved: what comes now would be in neither the change nor the draft
      const set = () => (form.set(cell, value), filling.changed())
      // What waits for a worker to be chosen looks up what is known of him: that comes first.
      if (cell.node.list === 'workers') void learn(value).then(set)
      else set()
    },
    changed() {
      warned.current = false
      touched.current = true
      keeper.touch()
      redraw()
    },
    visited(cell) {
      // What is still empty is not yet wrong: the officer only passed through.
      if (!shown.has(cell.path) && form.fault(cell)?.fault !== 'required') (shown.add(cell.path), redraw())
    },
    complains: (cell) => shown.has(cell.path),
    async keepFile(content) {
      const kept = await phone.keepFile(content).catch((error: unknown) => {
        setTrouble(troubleOf(error))
        throw error
      })
      return kept
    },
    file: (sha256) => phone.file(sha256),
    sameNik: (nik) => phone.likely({ nik }, draft.record ?? wrongRecord).find((one) => one.nik === nik),
    ...(draft.practice ? {} : { open: (record: string) => void open(record) }),
    village: env.village,
    today: env.today,
  }
  const showAll = (cells: Cell[]) => {
    for (const cell of cells) {
      shown.add(cell.path)
      showAll(cell.rows ?? cell.kids ?? [])
    }
    redraw()
  }
  const go = (next: Step) => {
    if (running.current) return
    void keeper.flush()
    setStep(next)
  }
  const leave = async () => {
    // Where it can't be kept the officer is told and stays; pressing again is his own decision.
    if (!((await keeper.flush()) || warned.current)) return void (warned.current = true)
    // Opened and left without a word: no draft to remind him of.
    if (!touched.current && draft.saved === draft.begun) await phone.dropDraft(draft.id).catch(() => {})
    onLeave()
  }
  const save = async (sure = false) => {
    if (draft.practice) {
      await keeper.stop()
      await phone.dropDraft(draft.id).catch(() => {})
      return onDone(null)
    }
    const fields = entered()
    const alike = sure || compiled.kind !== 'worker' || !names(fields) ? [] : phone.likely({ ...opened, ...fields }, draft.record ?? wrongRecord)
    if (alike.length) return setDoubles(alike)
    // A second press before the button shows that it is busy would make a second person of him.
    if (running.current) return
    running.current = true
    setSaving(true)
    setTrouble('')
    await keeper.flush()
    await keeper.stop()
    let saved: Saved | null
    try {
      saved = draft.corrects === undefined ? await kept(entered()) : await phone.correct(draft.corrects, entered(), { form: draft.form, draft: draft.id })
    } catch (error) {
      running.current = false
      setSaving(false)
      keeper.resume()
      keeper.touch()
      setTrouble(troubleOf(error))
      return scrollTo(0, 0)
    }
    // It stays busy: a press that comes before the next screen does would save it once more.
    onDone(saved)
  }
  const entered = () => (opened ? enteredIn(form, env, opened) : newFields(form))
  const home = () => {
    const asked = form.named('village')
    return (asked && form.text(asked)) || draft.village
  }
  const kept = (fields: Fields) => {
    const id = compiled.record && !draft.record ? form.textOf(compiled.record) : undefined
    return phone.save(compiled.kind, draft.record, home(), fields, {
      form: draft.form, opened: draft.opened, draft: draft.id, ...(id ? { id } : {}),
    })
  }
  const open = async (record: string) => {
    await keeper.flush()
    goTo(to('worker', [record]))
  }
  const bad = trouble || troubleIn(keeper.state)
  return (
    <Page title={label(compiled.title)} onBack={() => void leave()} focus={false} side={<KeptMark keeper={keeper} />}>
      {draft.practice && <p class="practice" role="note">{t('form.practice')}</p>}
      {bad && (
        <Banner kind="bad" urgent title={t(`form.${bad}`)} act={AGAIN.has(bad) && <Button look="main" onClick={() => (setTrouble(''), keeper.touch(), void keeper.flush())}>{t('form.keep-again')}</Button>}>
          {t(`form.${bad}-says`)}
        </Banner>
      )}
      <FormView filling={filling} step={step} go={go} saving={saving} showAll={showAll} save={() => void save()} saveWords={t(draft.practice ? 'form.practice-end' : 'form.save')} />
      {doubles && <Doubles found={doubles} nik={form.named('nik') ? form.text(form.named('nik')!) : ''} village={env.village} open={(record) => void open(record)}
        onOther={() => (setDoubles(null), void save(true))} onClose={() => setDoubles(null)} />}
    </Page>
  )
}

/** Readers hear of it when it is not so; each pause between two words is no news. */
function KeptMark({ keeper }: { keeper: Keeper }) {
  const failed = !!troubleIn(keeper.state)
  return (
    <span class={`kept ${keeper.state}`} data-kept={keeper.state}>
      <span aria-hidden="true">{t(failed ? 'form.not-kept' : keeper.state === 'keeping' ? 'form.keeping' : 'form.kept')}</span>
      <span class="unseen" role="status">{t(failed ? 'form.not-kept' : 'form.kept')}</span>
    </span>
  )
}

/** Never a reason to refuse: two cousins may share a name and a birthday. */
function Doubles({ found, nik, village, open, onOther, onClose }: {
  found: Summary[]
  nik: string
  village: (code: string) => string
  open: (record: string) => void
  onOther: () => void
  onClose: () => void
}) {
  // One NIK is one person, most likely: then the record that is there comes first.
  const isSame = (one: Summary) => one.nik !== '' && one.nik === nik
  const same = found.some(isSame)
  return (
    <Sheet title={t('form.double')} onClose={onClose} acts={
      <>
        <Button look={same ? 'plain' : 'main'} onClick={onOther}>{t('form.double-other')}</Button>
        <Button onClick={onClose}>{t('form.double-back')}</Button>
      </>
    }>
      <p>{t('form.double-says')}</p>
      <ul class="doubles">
        {found.slice(0, 5).map((one) => (
          <li class="card">
            <b>{one.name}</b>
            <span>{[one.nik && mask(one.nik), isSame(one) && t('form.double-same-nik')].filter(Boolean).join(' · ')}</span>
            <span>{[one.born && t('form.born', { day: dayWords(one.born, lang()) }), village(one.village)].filter(Boolean).join(' · ')}</span>
            <Button look={isSame(one) ? 'main' : 'plain'} onClick={() => open(one.record)}>{t('form.double-open', { name: one.name })}</Button>
          </li>
        ))}
      </ul>
    </Sheet>
  )
}

/** Whether a change says anew who it is; else a known double need not be asked about again. */
function names(fields: Fields): boolean {
  return ['nik', 'full_name', 'birth_date'].some((field) => field in fields)
}

function firstStep(form: FormInstance, focus: string | undefined): Step {
  const cell = focus === undefined ? undefined : asking(form.root, focus)
  const at = cell ? pageOf({ form }, cell) : 0
  return cell && at >= 0 ? { at, focus: cell.path } : { at: 0 }
}

/** The question whose answer goes to a field; of a field that is an object or a list the first question in it. */
function asking(cell: Cell, field: string): Cell | undefined {
  for (const kid of cell.rows ?? cell.kids ?? []) {
    if (kid.node.type === 'calculate' || kid.node.type === 'note') continue
    if (kid.node.field === field || kid.node.name === field) return innermost(kid)
    const found = asking(kid, field)
    if (found) return found
  }
  return undefined
}

function innermost(cell: Cell): Cell {
  const first = (cell.rows ?? cell.kids ?? []).find((kid) => kid.node.type !== 'calculate' && kid.node.type !== 'note')
  return first ? innermost(first) : cell
}

function chosenWorkers(cell: Cell): Cell[] {
  if (cell.node.list === 'workers' && !cell.kids) return [cell]
  return (cell.rows ?? cell.kids ?? []).reduce<Cell[]>((all, kid) => all.concat(chosenWorkers(kid)), [])
}

function filesOf(cell: Cell, found: { [path: string]: FileValue } = {}): { [path: string]: FileValue } {
  const { value } = cell
  if (value && typeof value === 'object' && 'sha256' in value) found[cell.path] = value
  for (const kid of cell.rows ?? cell.kids ?? []) filesOf(kid, found)
  return found
}
