import { useEffect, useRef, useState } from 'preact/hooks'
import { t } from '../i18n'
import { Button } from './button'
import { Sheet } from './sheet'

interface Detector { detect(source: HTMLVideoElement): Promise<{ rawValue: string }[]> }
declare const BarcodeDetector: new (how: { formats: string[] }) => Detector

const LOOK_EVERY_MS = 250

/** The camera until a QR code is seen. The picture stays in the phone, and the camera goes off with the sheet. */
export function Scanner({ onFound, onClose }: { onFound: (text: string) => void; onClose: () => void }) {
  const video = useRef<HTMLVideoElement>(null)
  const [failed, setFailed] = useState(false)
  useEffect(() => watch(video.current!, onFound, () => setFailed(true)), [])
  return (
    <Sheet title={t('scan')} onClose={onClose} acts={<Button wide onClick={onClose}>{t('scan.type')}</Button>}>
      {failed ? <p role="alert">{t('scan.failed')}</p> : <video ref={video} class="viewfinder" muted playsInline aria-label={t('scan')} />}
      <p>{t('scan.how')}</p>
    </Sheet>
  )
}

function watch(video: HTMLVideoElement, found: (text: string) => void, failed: () => void): () => void {
  let on = true
  let stream: MediaStream | undefined
  const run = async () => {
    const detector = new BarcodeDetector({ formats: ['qr_code'] })
    stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: 'environment' }, audio: false })
    if (!on) return off()
    video.srcObject = stream
    await video.play()
    while (on) {
      const [seen] = await detector.detect(video).catch(() => [])
      if (on && seen) return found(seen.rawValue)
      await new Promise((later) => setTimeout(later, LOOK_EVERY_MS))
    }
  }
  const off = () => stream?.getTracks().forEach((track) => track.stop())
  run().catch(() => on && failed())
  return () => {
    on = false
    off()
  }
}
