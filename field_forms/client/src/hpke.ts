// Sealing for the server by HPKE (RFC 9180); a part of its own that is fetched when it is first needed.

import { Aes256Gcm, CipherSuite, DhkemP256HkdfSha256, HkdfSha256 } from '@hpke/core'
import { fromBase64url } from './base64'

/** A secret that both sides hold, and its name: the server then knows who sealed it (mode PSK). */
export interface Shared { id: string; key: ArrayBuffer }

/** serverKey: base64 of the uncompressed point. Answers enc and ciphertext, one after the other. */
export async function sealForServer(serverKey: string, plain: Uint8Array, info: string, about: string, shared?: Shared): Promise<Uint8Array> {
  const encoder = new TextEncoder()
  const psk = shared && { id: encoder.encode(shared.id), key: shared.key }
  const suite = new CipherSuite({ kem: new DhkemP256HkdfSha256(), kdf: new HkdfSha256(), aead: new Aes256Gcm() })
  const recipientPublicKey = await suite.kem.deserializePublicKey(fromBase64url(serverKey))
  const sender = await suite.createSenderContext({ recipientPublicKey, info: encoder.encode(info), psk })
  const sealed = new Uint8Array(await sender.seal(plain, encoder.encode(about)))
  const enc = new Uint8Array(sender.enc)
  const whole = new Uint8Array(enc.length + sealed.length)
  whole.set(enc)
  whole.set(sealed, enc.length)
  return whole
}
