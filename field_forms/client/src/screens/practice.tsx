import { useEffect, useState } from 'preact/hooks'
import { begin } from '../form/begin'
import { t } from '../i18n'
import { compare, invent, practisePhone, typedIn, type Card, type Difference } from '../practice'
import type { Answers, Draft, Phone } from '../types'
import { Banner } from '../ui/banner'
import { Button } from '../ui/button'
import { Page } from '../ui/page'
import { inFours } from '../words/digits'
import './around'
import { FormScreen } from './form'
import './paper'

/** `#/practice`: the real registration form, a card that nobody owns beside it, and nothing kept. */
export function PracticeScreen({ phone, go }: { phone: Phone; go: (where: string) => void }) {
  const { villages } = phone.who()
  const [card, setCard] = useState<Card>(() => invent(villages))
  const [typed, setTyped] = useState<Answers>({})
  const [stage, setStage] = useState<'before' | 'form' | 'after'>('before')
  const another = () => {
    setCard(invent(villages))
    setStage('before')
  }
  if (stage === 'form') return <Filling phone={phone} card={card} onTyped={setTyped} onLeave={() => setStage('before')} onDone={() => setStage('after')} />
  if (stage === 'after') return <After differences={compare(card, typedIn(typed))} onAgain={() => setStage('form')} onAnother={another} />
  return (
    <Page title={t('practice.title')} key="before" class="narrow" onBack={() => go('#/')}>
      <p>{t('practice.what')}</p>
      <CardView card={card} />
      <div class="around-row">
        <Button look="main" wide icon="edit" onClick={() => setStage('form')}>{t('practice.start')}</Button>
        <Button wide icon="person" onClick={another}>{t('practice.another')}</Button>
      </div>
    </Page>
  )
}

function Filling({ phone, card, onTyped, onLeave, onDone }: {
  phone: Phone
  card: Card
  onTyped: (answers: Answers) => void
  onLeave: () => void
  onDone: () => void
}) {
  const [practice] = useState(() => practisePhone(phone, onTyped))
  const [draft, setDraft] = useState<Draft | null | undefined>(undefined)
  useEffect(() => {
    let wanted = true
    document.body.classList.add('practising-now')
    const start = async () => {
      const { name, version } = await practice.form('worker')
      return begin(practice, `${name}@${version}`, null, undefined, { practice: true })
    }
    start().then((made) => wanted && setDraft(made), () => wanted && setDraft(null))
    return () => {
      wanted = false
      document.body.classList.remove('practising-now')
    }
  }, [])
  if (draft === undefined) return <Page title={t('practice.title')}>{null}</Page>
  if (draft === null) return <Page title={t('practice.title')} onBack={onLeave}><Banner kind="warn" urgent>{t('practice.no_form')}</Banner></Page>
  return (
    <div class="practising">
      <aside class="practice-card no-print" aria-label={t('practice.card')}>
        <details>
          <summary>
            <span class="practice-nik">{inFours(card.nik)}</span> <span>{t('practice.show')}</span>
          </summary>
          <CardView card={card} />
        </details>
      </aside>
      <FormScreen phone={practice} draft={draft} onLeave={onLeave} onDone={onDone} />
    </div>
  )
}

function After({ differences, onAgain, onAnother }: { differences: Difference[]; onAgain: () => void; onAnother: () => void }) {
  return (
    <Page title={t('practice.title')} key="after" class="narrow" onBack={onAnother}>
      <Banner kind="good" title={t('practice.done')}>{t('practice.done_text')}</Banner>
      {differences.length > 0 && (
        <Banner kind="warn" title={t('practice.wrong')}>
          {differences.map((one) => <span class="practice-wrong">{t('practice.wrong_line', { field: t(`practice.${one.field}`), typed: shown(one.field, one.typed), card: shown(one.field, one.card) })}</span>)}
        </Banner>
      )}
      <div class="around-row">
        <Button look="main" wide icon="person" onClick={onAnother}>{t('practice.another')}</Button>
        <Button wide onClick={onAgain}>{t('practice.again')}</Button>
      </div>
    </Page>
  )
}

function shown(field: Difference['field'], value: string): string {
  if (field === 'sex') return t(`practice.${value}`)
  return field === 'birth_date' ? onCard(value) : value
}

/** As the card prints a date: 07-12-1990. */
const onCard = (date: string) => date.split('-').reverse().join('-')

/** Like a KTP in what stands where, so that eyes learn the way; and never to be taken for one. */
function CardView({ card }: { card: Card }) {
  const lines: [string, string][] = [
    [t('practice.full_name'), card.full_name.toUpperCase()],
    [t('practice.birth'), `${card.birth_place.toUpperCase()}, ${onCard(card.birth_date)}`],
    [t('practice.sex'), t(`practice.${card.sex}`)],
    [t('practice.address'), card.address.toUpperCase()],
    ['RT/RW', `${card.rt}/${card.rw}`],
    [t('practice.village'), card.village.name.toUpperCase()],
  ]
  return (
    <figure class="card-view" aria-label={t('practice.card')}>
      <p class="card-stamp">{t('practice.not_real')}</p>
      <p class="card-nik">
        <span>NIK</span> <strong>{inFours(card.nik)}</strong>
      </p>
      <dl>
        {lines.map(([name, what]) => (
          <div>
            <dt>{name}</dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
      <figcaption>{t('practice.says', { text: t(`practice.story.${card.occupation}`, { spouse: t(card.sex === 'male' ? 'practice.wife' : 'practice.husband') }) })}</figcaption>
    </figure>
  )
}
