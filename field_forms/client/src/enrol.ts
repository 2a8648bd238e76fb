// The enrolment code, however it came to the phone: typed by thumb, read from a QR code, or in the address that was opened.

/** What a code is made of once it is read: Crockford's 32 without I, L, O and U. */
const CODE = /^[0-9A-HJKMNP-TV-Z]{8}$/

/** `7K4Q-9WXB` out of what was typed or scanned; null where there is no code in it. */
export function parseCode(text: string): string | null {
  const fragment = /#(?:.*[=/])?([^#=/]+)$/.exec(text.trim())
  const plain = (fragment ? decode(fragment[1]!) : text).toUpperCase().replace(/[\s\-–—._]/g, '').replace(/[IL]/g, '1').replace(/O/g, '0')
  return CODE.test(plain) ? `${plain.slice(0, 4)}-${plain.slice(4)}` : null
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** 128 random bits, stored before they are sent: the same code with the same bits is the same enrolment. */
export function drawAttempt(): string {
  return btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(16))))
}

/** A name by which the operator knows the phone, where the officer gave none. */
export function platform(): string {
  const agent = typeof navigator === 'undefined' ? '' : navigator.userAgent
  const android = /Android [\d.]+/.exec(agent)?.[0]
  const browser = /(Chrome|Firefox|Version)\/(\d+)/.exec(agent)
  return [android ?? (typeof navigator === 'undefined' ? '' : navigator.platform), browser ? `${browser[1]} ${browser[2]}` : ''].filter(Boolean).join('; ')
}
