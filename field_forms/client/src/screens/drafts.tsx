import './later'
import { useState } from 'preact/hooks'
import { isTouched, titleIn } from '../forms'
import { label, t } from '../i18n'
import { to } from '../router'
import type { Draft, Phone } from '../types'
import { Button, LinkButton } from '../ui/button'
import { Empty } from '../ui/empty'
import { useAsked } from '../ui/hooks'
import { Page } from '../ui/page'
import { Sheet } from '../ui/sheet'
import { moment } from '../ui/words'
import { nameIn } from './home'

export function DraftsScreen({ phone }: { phone: Phone }) {
  const [leaving, setLeaving] = useState<Draft | null>(null)
  const known = useAsked(phone, async () => ({ drafts: (await phone.drafts()).filter(isTouched), forms: await phone.forms().catch(() => []) }))
  if (!known) return <Page title={t('drafts.title')}>{null}</Page>
  const title = (draft: Draft) => [label(titleIn(known.forms, draft.form)) || draft.form, nameIn(draft)].filter(Boolean).join(' · ')
  const drop = (draft: Draft) => void phone.dropDraft(draft.id).then(() => setLeaving(null))
  return (
    <Page title={t('drafts.title')}>
      {!known.drafts.length && <Empty act={<LinkButton href={to('home')}>{t('tasks.home')}</LinkButton>}>{t('drafts.none')}</Empty>}
      <ul class="cards">
        {known.drafts.sort((a, b) => b.saved - a.saved).map((draft) => (
          <li class="card" key={draft.id}>
            <h2>{title(draft)} {draft.practice && <span class="badge">{t('drafts.practice')}</span>}</h2>
            <p class="hint">{t('drafts.saved', { when: moment(draft.saved) })}</p>
            <div class="acts">
              <LinkButton look="main" icon="edit" href={to('form', [draft.id])}>{t('drafts.go')}</LinkButton>
              <Button look="quiet" onClick={() => setLeaving(draft)} aria-label={`${t('drafts.drop')}: ${title(draft)}`}>{t('drafts.drop')}</Button>
            </div>
          </li>
        ))}
      </ul>
      {leaving && (
        <Sheet title={t('drafts.sure')} onClose={() => setLeaving(null)} acts={(
          <>
            <Button onClick={() => setLeaving(null)}>{t('drafts.keep')}</Button>
            <Button look="danger" onClick={() => drop(leaving)}>{t('drafts.drop')}</Button>
          </>
        )}><p>{title(leaving)}. {t('drafts.sure.text')}</p></Sheet>
      )}
    </Page>
  )
}
