import type { ComponentChild } from 'preact'
import { useCallback, useEffect, useReducer, useState } from 'preact/hooks'
import { watchIdle } from './idle'
import { onLang, t } from './i18n'
import { lazy } from './lazy'
import { phoneState, type OpenPhone } from './phone'
import { go, replace, to, useRoute, type Route } from './router'
import { HomeScreen } from './screens/home'
import { StartScreen } from './screens/start'
import { SyncBar } from './syncbar'
import { Page } from './ui/page'
import { formIsOpen } from './update'

interface Asked {
  phone: OpenPhone
  route: Route
  lock: () => void
}

const UnlockScreen = lazy(() => import('./screens/unlock').then((it) => it.UnlockScreen))
const EndScreen = lazy(() => import('./screens/unlock').then((it) => it.EndScreen))
const NowhereScreen = lazy(() => import('./screens/nowhere').then((it) => it.NowhereScreen))
const SearchScreen = lazy(() => import('./screens/search').then((it) => it.SearchScreen))
const WorkerScreen = lazy(() => import('./screens/worker').then((it) => it.WorkerScreen))
const RecordScreen = lazy(() => import('./screens/record').then((it) => it.RecordScreen))
const TasksScreen = lazy(() => import('./screens/tasks').then((it) => it.TasksScreen))
const DraftsScreen = lazy(() => import('./screens/drafts').then((it) => it.DraftsScreen))
const WaitingScreen = lazy(() => import('./screens/waiting').then((it) => it.WaitingScreen))
const SettingsScreen = lazy(() => import('./screens/settings').then((it) => it.SettingsScreen))
const AboutScreen = lazy(() => import('./screens/about').then((it) => it.AboutScreen))
const CodeScreen = lazy(() => import('./screens/code').then((it) => it.CodeScreen))
const BeginScreen = lazy(() => import('./screens/filling').then((it) => it.BeginScreen))
const FillingScreen = lazy(() => import('./screens/filling').then((it) => it.FillingScreen))
const SlipScreen = lazy(() => import('./screens/slip').then((it) => it.SlipScreen))
const CashScreen = lazy(() => import('./screens/cash').then((it) => it.CashScreen))
const ListScreen = lazy(() => import('./screens/list').then((it) => it.ListScreen))
const PracticeScreen = lazy(() => import('./screens/practice').then((it) => it.PracticeScreen))
const MovingScreen = lazy(() => import('./screens/moving').then((it) => it.MovingScreen))
const HandoverScreen = lazy(() => import('./screens/handover').then((it) => it.HandoverScreen))

// Which screen an address shows stands here alone; each beyond the first comes when it is wanted.
const SCREENS: { [name: string]: (asked: Asked) => ComponentChild } = {
  home: ({ phone, lock }) => <HomeScreen phone={phone} lock={lock} />,
  search: ({ phone, route }) => <SearchScreen phone={phone} query={route.query} />,
  worker: ({ phone, route }) => <WorkerScreen phone={phone} record={route.rest[0] ?? ''} saved={route.query.saved} />,
  record: ({ phone, route }) => <RecordScreen phone={phone} record={route.rest[0] ?? ''} saved={route.query.saved} />,
  tasks: ({ phone, route }) => <TasksScreen phone={phone} list={route.query.list} />,
  drafts: ({ phone }) => <DraftsScreen phone={phone} />,
  waiting: ({ phone }) => <WaitingScreen phone={phone} />,
  settings: ({ phone, lock }) => <SettingsScreen phone={phone} lock={lock} />,
  about: () => <AboutScreen />,
  code: ({ phone }) => <CodeScreen phone={phone} />,
  slip: ({ phone }) => <SlipScreen phone={phone} go={go} />,
  cash: ({ phone }) => <CashScreen phone={phone} go={go} />,
  list: ({ phone }) => <ListScreen phone={phone} go={go} />,
  practice: ({ phone }) => <PracticeScreen phone={phone} go={go} />,
  moving: ({ phone }) => <MovingScreen phone={phone} go={go} />,
  handover: ({ phone }) => <HandoverScreen phone={phone} go={go} />,
  new: ({ phone, route }) => <BeginScreen phone={phone} what="new" of={route.rest} query={route.query} />,
  edit: ({ phone, route }) => <BeginScreen phone={phone} what="edit" of={route.rest} query={route.query} />,
  correct: ({ phone, route }) => <BeginScreen phone={phone} what="correct" of={route.rest} query={route.query} />,
  form: ({ phone, route }) => <FillingScreen phone={phone} id={route.rest[0] ?? ''} focus={route.query.at} />,
}
/** Here the officer is not to be disturbed: no bar, no new version of the app. */
const FORMS = new Set(['form', 'new', 'edit', 'correct'])

type Stage = 'looking' | 'new' | 'locked' | 'moved' | 'wiped' | 'nowhere'

export function App({ code: scanned }: { code: string | null }) {
  const [code, setCode] = useState(scanned)
  const [phone, setPhone] = useState<OpenPhone | null>(null)
  const [stage, setStage] = useState<Stage>('looking')
  const [, again] = useReducer((n: number) => n + 1, 0)
  const look = useCallback(() => {
    setPhone(null)
    void phoneState().then(setStage, () => setStage('nowhere'))
  }, [])
  const opened = useCallback((fresh: OpenPhone) => {
    setCode(null) // it serves once: what is wiped later is not begun anew with it
    setPhone(fresh)
  }, [])
  useEffect(() => onLang(() => again(undefined as never)), [])
  useEffect(look, [])

  if (phone) return <Open phone={phone} onClosed={look} />
  if (stage === 'new') return <StartScreen code={code} onOpen={opened} />
  if (stage === 'locked') return <UnlockScreen onOpen={opened} />
  if (stage === 'moved' || stage === 'wiped') return <EndScreen why={stage} code={code} onOpen={opened} onChanged={look} />
  if (stage === 'nowhere') return <NowhereScreen />
  return <div class="splash" role="status"><span class="unseen">{t('opening')}</span></div>
}

function Open({ phone, onClosed }: { phone: OpenPhone; onClosed: () => void }) {
  const route = useRoute()
  const inForm = FORMS.has(route.name)
  const lock = useCallback(() => {
    phone.lock()
    onClosed()
  }, [phone])
  useEffect(() => watchIdle(phone, lock), [phone])
  useEffect(() => phone.subscribe(() => void phoneState().then((state) => state !== 'locked' && lock())), [phone])
  useEffect(() => formIsOpen(inForm), [inForm])
  useEffect(() => prefetchForm(), [])

  const screen = SCREENS[route.name]
  if (!screen) return <Lost />
  return (
    <>
      <a class="skip" href="#main" onClick={skip}>{t('skip')}</a>
      {/* By its whole address: another worker is another screen, which takes the focus to its own heading. */}
      <div class={`screen${inForm ? ' filling' : ''}`} key={`${route.name}/${route.rest.join('/')}`}>{screen({ phone, route, lock })}</div>
      {!inForm && <SyncBar phone={phone} />}
    </>
  )
}

function Lost() {
  useEffect(() => replace(to('home')), [])
  return <Page title={t('app.name')}>{null}</Page>
}

function skip(event: Event): void {
  event.preventDefault() // the fragment is where one is
  document.getElementById('main')?.focus()
}

/** The form screen is what comes next for most; it is fetched while the officer still looks at the first one. */
function prefetchForm(): void {
  setTimeout(() => void import('./screens/filling').catch(() => {}), 1500)
}
