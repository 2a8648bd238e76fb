export {}
declare const self: ServiceWorkerGlobalScope
const SHELL = '__SHELL__' as unknown as string[]
const BUILD = '__BUILD__'
console.log(SHELL, BUILD, self.registration.scope)
