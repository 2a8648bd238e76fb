// The app's own core, without its screens, for tests and measurements that fill a phone faster than thumbs do. Served beside the
// app by the test itself, never part of what is built.
import * as phone from '../../src/phone'

Object.assign(window, { sambung: phone })
