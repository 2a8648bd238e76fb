// What papers there are, and how a screen gets onto one. The named pages stand in print.css.
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
  const sheet = [...document.styleSheets].find((one) => one.href?.startsWith(location.origin)) ?? document.styleSheets[0]
  if (!shown || !sheet) return
  const copy = shown.cloneNode(true) as HTMLElement
  copy.classList.add('measured')
  document.body.append(copy)
  const millimetres = Math.ceil((copy.getBoundingClientRect().height * 25.4) / 96) + 8
  copy.remove()
  sheet.insertRule(`@page roll { size: 58mm ${Math.max(60, millimetres)}mm; margin: 3mm 2mm; }`, sheet.cssRules.length)
}
