import { useEffect, useState } from 'preact/hooks'
import { begin } from '../form/begin'
import { formFor, isTouched } from '../forms'
import { t } from '../i18n'
import { back, replace, to } from '../router'
import { PhoneFull, type Draft, type Phone, type Saved } from '../types'
import { Banner } from '../ui/banner'
import { LinkButton } from '../ui/button'
import { Empty } from '../ui/empty'
import { Page } from '../ui/page'
import { FormScreen } from './form'

interface Wanted {
  phone: Phone
  what: 'new' | 'edit' | 'correct'
  /** new: the form or kind, then the worker it is for; edit: the record; correct: the seq */
  of: string[]
  query: { [name: string]: string }
}

/** Finds or begins the draft and goes on to it. What was begun already for the same record is taken up, not begun twice. */
export function BeginScreen({ phone, what, of, query }: Wanted) {
  const [failed, setFailed] = useState<'' | 'full' | 'none'>('')
  useEffect(() => {
    let wanted = true
    let trying = false
    const open = (draft: Draft) => wanted && replace(to('form', [draft.id], query.at ? { at: query.at } : {}))
    const attempt = () => {
      if (trying) return
      trying = true
      BEGIN[what](phone, of).then(open, (error: unknown) => {
        trying = false
        if (wanted) setFailed(error instanceof PhoneFull ? 'full' : 'none')
      })
    }
    attempt()
    // Right after enrolling, the form may still be on its way: it opens when it is here.
    const stop = phone.subscribe(attempt)
    return () => {
      wanted = false
      stop()
    }
  }, [])
  if (!failed) return <Page title={t('opening')}>{null}</Page>
  if (failed === 'full') return <Page title={t('form.full')}><Banner kind="bad" urgent>{t('error.full')}</Banner></Page>
  return (
    <Page title={t('noform.title')}>
      <Banner kind="warn" urgent title={t('noform.title')} act={<LinkButton href={to('home')}>{t('tasks.home')}</LinkButton>}>{t('noform.text')}</Banner>
    </Page>
  )
}

const BEGIN: { [what in Wanted['what']]: (phone: Phone, of: string[]) => Promise<Draft> } = {
  async new(phone, [name = 'worker', worker]) {
    const forms = await phone.forms()
    const form = forms.find((one) => one.name === name && one.does === 'create') ?? formFor(forms, name, 'create')
    await dropUntouched(phone, (draft) => draft.record === null && draft.form.split('@')[0] === form!.name)
    // Chosen as if by hand, so that the form looks up what it asks of the worker.
    return begin(phone, `${form!.name}@${form!.version}`, null, undefined, worker ? { preset: { worker } } : {})
  },
  async edit(phone, [record = '']) {
    await dropUntouched(phone, (draft) => draft.record === record && draft.corrects === undefined) // the record may be another by now
    const begun = (await phone.drafts()).find((draft) => draft.record === record && draft.corrects === undefined && !draft.practice)
    if (begun) return begun
    const opened = await phone.open(record)
    const form = formFor(await phone.forms(), opened!.kind, 'edit')
    return begin(phone, `${form!.name}@${form!.version}`, opened)
  },
  async correct(phone, [text = '']) {
    const seq = Number(text)
    const begun = (await phone.drafts()).find((draft) => draft.corrects === seq)
    if (begun) return begun
    const { change } = (await phone.change(seq))!
    // The version it was filled in with may be here no more, once a newer one was published: what was wrong is corrected in that.
    // What a screen wrote by itself (the cash book, a chosen value) was in no form at all: it is corrected in the kind's own.
    const known = formFor(await phone.forms(), change.kind, 'edit')
    const form = await phone.form(change.form).catch(() => phone.form(change.form.split('@')[0]!)).catch(() => phone.form(known!.name))
    return begin(phone, `${form.name}@${form.version}`, await phone.open(change.record), seq)
  },
}

/** A form that was opened, and left by the phone's Back key with nothing typed in it. */
async function dropUntouched(phone: Phone, which: (draft: Draft) => boolean): Promise<void> {
  for (const draft of await phone.drafts()) if (!isTouched(draft) && which(draft)) await phone.dropDraft(draft.id)
}

export function FillingScreen({ phone, id, focus }: { phone: Phone; id: string; focus?: string }) {
  const [draft, setDraft] = useState<Draft | null | undefined>(undefined)
  useEffect(() => {
    let wanted = true
    void phone.drafts().then((all) => wanted && setDraft(all.find((one) => one.id === id) ?? null))
    return () => {
      wanted = false
    }
  }, [id])
  if (draft === undefined) return <Page title={t('opening')}>{null}</Page>
  if (draft === null) return <Page title={t('nodraft.title')}><Empty act={<LinkButton href={to('home')}>{t('tasks.home')}</LinkButton>}>{t('nodraft.text')}</Empty></Page>
  return <FormScreen phone={phone} draft={draft} focus={focus} onLeave={back} onDone={(saved) => replace(after(draft, saved))} />
}

/** Where one is when a form is done: at what it was about, with Back leading to where one came from. */
function after(draft: Draft, saved: Saved | null): string {
  const record = saved?.record ?? draft.record
  if (draft.practice) return to('practice')
  if (!record) return to('home')
  return to(draft.kind === 'worker' ? 'worker' : 'record', [record], saved ? { saved: '1' } : {})
}
