// What papers there are, and how a screen gets onto one. The named pages stand in print.css.
import { useLayoutEffect } from 'preact/hooks'
import '../print.css'

export type Paper = 'a4' | 'a4-wide' | 'a6' | 'roll'
const REMEMBERED = 'paper'

/** The paper of last time; a village has one printer. */
export function paper(): Paper | null {
  try {
    return localStorage.getItem(REMEMBERED) as Paper | null
  } catch {
    return null
  }
}

/** What this screen goes on, also when somebody prints by the browser's menu. */
export function usePaper(kind: Paper): void {
  useLayoutEffect(() => { // before it is drawn: somebody may print at once
    document.documentElement.dataset.paper = kind
    return () => {
      delete document.documentElement.dataset.paper
    }
  }, [kind])
}

/** Opens the browser's own print dialog with that paper chosen. */
export function printOn(kind: Paper): void {
  try {
    localStorage.setItem(REMEMBERED, kind)
  } catch { /* storage forbidden: asked again next time */ }
  if (kind === 'roll') cutRoll()
  print()
}

/** A receipt printer cuts where the page ends: the page is as long as what is on it. */
function cutRoll(): void {
  const shown = document.querySelector('.paper-roll')
  const sheet = document.styleSheets[document.styleSheets.length - 1] // the last word is the one that counts
  if (!shown || !sheet) return
  const copy = shown.cloneNode(true) as HTMLElement
  copy.classList.add('measured')
  document.body.append(copy)
  const millimetres = Math.ceil((copy.getBoundingClientRect().height * 25.4) / 96) + 8
  copy.remove()
  sheet.insertRule(`@page roll { size: 58mm ${Math.max(60, millimetres)}mm; margin: 3mm 2mm; }`, sheet.cssRules.length)
}
