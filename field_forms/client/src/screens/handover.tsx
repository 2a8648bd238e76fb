import { useState } from 'preact/hooks'
import { handOver, NoServerKey, sealOutbox, type Bundle } from '../bundle'
import { waitingFiles } from '../files'
import { isTouched } from '../forms'
import { lang, t } from '../i18n'
import type { OpenPhone } from '../phone'
import { to } from '../router'
import { Banner } from '../ui/banner'
import { Button, LinkButton } from '../ui/button'
import { Card, Facts } from '../ui/card'
import { useAsked, useBusy } from '../ui/hooks'
import { Page } from '../ui/page'
import { Sheet } from '../ui/sheet'
import { num, size } from '../ui/words'
import { save, share } from './around'
import './paper'

/** `#/handover`: what waits, as files that go by hand. On a revoked phone: hand over first, then erase. */
export function HandoverScreen({ phone, go }: { phone: OpenPhone; go: (where: string) => void }) {
  return phone.syncState().phase === 'revoked' ? <Revoked phone={phone} go={go} /> : <Everyday phone={phone} />
}

function Everyday({ phone }: { phone: OpenPhone }) {
  const [bundles, setBundles] = useState<Bundle[] | null>(null)
  const [wrong, setWrong] = useState('')
  const [busy, run] = useBusy()
  const waits = useAsked(phone, () => waiting(phone))
  const make = () =>
    run(async () => {
      setWrong('')
      await sealOutbox(phone.deps).then(setBundles, (error) => setWrong(t(error instanceof NoServerKey ? 'handover.no_key' : 'handover.failed')))
    })
  return (
    <Page title={t('handover.title')} class="narrow">
      <p>{t('handover.what')}</p>
      <Banner kind="good">{t('handover.safe')}</Banner>
      {waits && (
        <Facts
          facts={[
            [t('handover.waits'), num(waits.changes)],
            [t('handover.photos'), waits.files ? `${num(waits.files)} · ${size(waits.bytes)}` : '0'],
          ]}
        />
      )}
      {!!waits?.files && <Banner kind="info">{t('handover.photos_text')}</Banner>}
      {waits && !waits.changes && <p>{t('handover.none')}</p>}
      {!!waits?.changes && <Button look="main" wide icon="file" busy={busy} onClick={make}>{t('handover.make')}</Button>}
      {wrong && <Banner kind="bad" urgent>{wrong}</Banner>}
      {!!bundles?.length && (
        <>
          <Files bundles={bundles} />
          <p>{t('handover.to')}</p>
          <p>{t('handover.stays')}</p>
        </>
      )}
    </Page>
  )
}

function Revoked({ phone, go }: { phone: OpenPhone; go: (where: string) => void }) {
  const [made, setMade] = useState<Awaited<ReturnType<typeof handOver>> | null>(null)
  const [carried, setCarried] = useState(false)
  const [sure, setSure] = useState(false)
  const [wrong, setWrong] = useState('')
  const [busy, run] = useBusy()
  const waits = useAsked(phone, () => waiting(phone))
  const send = () =>
    run(async () => {
      setWrong('')
      await handOver(phone.deps, lang()).then(setMade, (error) => setWrong(t(error instanceof NoServerKey ? 'handover.no_key' : 'handover.failed')))
    })
  const drafts = useAsked(phone, async () => (await phone.drafts()).filter((draft) => !draft.practice && isTouched(draft)).length)
  // What was saved after the files were made is in none of them.
  const covered = !!made && made.bundles.some((bundle) => bundle.last === waits?.last)
  const free = waits && (!waits.changes || (covered && (made.taken || carried)))
  return (
    <Page title={t('revoked.title')} class="narrow">
      <Banner kind="warn">{t('revoked.what')}</Banner>
      {!!drafts && (
        <Banner kind="warn" title={t('revoked.drafts', { n: drafts })} act={<LinkButton icon="edit" href={to('drafts')}>{t('revoked.finish')}</LinkButton>}>{t('revoked.drafts_text')}</Banner>
      )}
      {!!waits?.files && <Banner kind="warn">{t('revoked.photos', { n: waits.files })}</Banner>}
      {waits && !waits.changes && <p>{t('revoked.none')}</p>}
      {!!waits?.changes && !(covered && made.taken) && (
        <>
          <Facts facts={[[t('handover.waits'), num(waits.changes)]]} />
          <Button look="main" wide icon="send" busy={busy} onClick={send}>{t(made ? 'revoked.again' : 'revoked.send')}</Button>
          {busy && <p role="status">{t('revoked.sealing')}</p>}
        </>
      )}
      {wrong && <Banner kind="bad" urgent>{wrong}</Banner>}
      {covered && made.taken && <Banner kind="good">{t('revoked.taken')}</Banner>}
      {made && !made.taken && (
        <>
          <Banner kind="warn" urgent>{made.says ? t('revoked.refused', { says: made.says }) : t('revoked.not_taken')}</Banner>
          <Files bundles={made.bundles} />
          <label class="around-check">
            <input type="checkbox" checked={carried} onChange={(event) => setCarried(event.currentTarget.checked)} />
            <span>{t('revoked.carried')}</span>
          </label>
        </>
      )}
      {free && <Button look="danger" wide onClick={() => setSure(true)}>{t('revoked.wipe')}</Button>}
      {sure && (
        <Sheet
          title={t('revoked.sure')}
          onClose={() => setSure(false)}
          acts={
            <>
              <Button look="danger" wide onClick={() => run(() => phone.wipe().then(() => go('#/')))}>{t('revoked.yes')}</Button>
              <Button wide onClick={() => setSure(false)}>{t('revoked.no')}</Button>
            </>
          }
        >
          <p>{t('revoked.sure_text')}</p>
        </Sheet>
      )}
    </Page>
  )
}

function Files({ bundles }: { bundles: Bundle[] }) {
  const [left, setLeft] = useState<{ [name: string]: string }>({})
  const note = (bundle: Bundle, how: string) => {
    const says = how === 'shared' ? t('handover.shared') : how === 'saved' ? t('handover.saved') : ''
    setLeft((before) => ({ ...before, [bundle.name]: says }))
  }
  return (
    <Card title={t('handover.made', { n: bundles.length })}>
      {bundles.length > 1 && <p>{t('handover.many')}</p>}
      <ul class="around-files">
        {bundles.map((bundle) => (
          <li>
            <strong>{bundle.name}</strong>
            <span>{t('handover.range', { first: bundle.first, last: bundle.last, size: size(bundle.bytes.length) })}</span>
            <div class="around-row">
              <Button icon="send" aria-label={t('handover.share_of', { name: bundle.name })} onClick={() => void shareBundle(bundle).then((how) => note(bundle, how))}>{t('handover.share')}</Button>
              <Button icon="file" aria-label={t('handover.save_of', { name: bundle.name })} onClick={() => note(bundle, save(fileOf(bundle)))}>{t('handover.save')}</Button>
            </div>
            <span role="status">{left[bundle.name]}</span>
          </li>
        ))}
      </ul>
    </Card>
  )
}

const fileOf = ({ bytes, name }: Bundle) => new File([bytes as BlobPart], name, { type: 'application/octet-stream' })
const shareBundle = (bundle: Bundle) => share(fileOf(bundle), t('handover.title'))

async function waiting(phone: OpenPhone): Promise<{ changes: number; last: number; files: number; bytes: number }> {
  const [unsent, files] = await Promise.all([phone.deps.unsentTexts(), waitingFiles(phone.deps)])
  return { changes: unsent?.texts.length ?? 0, last: unsent?.last ?? 0, ...files }
}
