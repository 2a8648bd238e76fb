import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { brotliCompressSync } from 'node:zlib'
import { defineConfig, type Plugin, type Rollup } from 'vite'

const { version } = JSON.parse(readFileSync(new URL('package.json', import.meta.url), 'utf8')) as { version: string }
const PUBLIC = readdirSync(new URL('public', import.meta.url))

/** Without these no phone opens; they come by themselves a moment after the entry. */
const SOON = /\/src\/(unlocked\.ts|screens\/unlock\.tsx)$/
/** What an officer needs for his first form, and what he sees when it is saved: kept before all the rest, for a line that goes a moment after the first start. */
const NEXT = /\/src\/(screens\/(filling|later|worker)\.tsx?|form\/media\.tsx|files\.ts|form\/date\.tsx)$/

// The worker keeps exactly what this build made: its lists and its version are written into it here. `first` is what the first screen
// needs, the entry, what it imports by name, and the opened phone; `rest` is what is loaded when it is wanted. Both together are all there is.
function keepTheShell(): Plugin {
  return {
    name: 'keep-the-shell',
    enforce: 'post', // after Vite has made the page itself
    generateBundle: {
      order: 'post',
      handler(_, bundle) {
        const worker = bundle['sw.js']
        if (worker?.type !== 'chunk') throw new Error('the service worker was not built')
        const made = Object.keys(bundle).filter((name) => name !== 'sw.js' && !name.endsWith('.map')).sort()
        if (!made.includes('index.html')) throw new Error('the page was not built before the list of what to keep')
        const needed = neededAtFirst(bundle)
        const first = [...made.filter((name) => needed.has(name)), ...PUBLIC].map((name) => (name === 'index.html' ? './' : name))
        const next = reached(bundle, (one) => one.moduleIds.some((id) => NEXT.test(id)))
        const rest = made.filter((name) => !needed.has(name))
        rest.sort((a, b) => Number(next.has(b)) - Number(next.has(a)))
        const code = worker.code.replace(/["'`]__SHELL__["'`]/, () => JSON.stringify({ first, rest }))
        worker.code = code.replace(/["'`]__BUILD__["'`]/, () => JSON.stringify(versionOf(bundle, made, code)))
        if (worker.code === code || code.includes('__SHELL__')) throw new Error('the service worker has no place for its list')
      },
    },
  }
}

function neededAtFirst(bundle: Rollup.OutputBundle): Set<string> {
  const isFirst = (one: Rollup.OutputChunk) => (one.isEntry && one.name === 'index') || one.moduleIds.some((id) => SOON.test(id))
  return new Set(['index.html', ...reached(bundle, isFirst)])
}

/** The chunks of which that holds, and all that they import by name. */
function reached(bundle: Rollup.OutputBundle, wanted: (chunk: Rollup.OutputChunk) => boolean): Set<string> {
  const found = new Set<string>()
  const add = (name: string) => {
    const chunk = bundle[name]
    if (found.has(name) || chunk?.type !== 'chunk') return
    found.add(name)
    chunk.imports.forEach(add)
    chunk.viteMetadata?.importedCss.forEach((css) => found.add(css))
  }
  for (const one of Object.values(bundle)) if (one.type === 'chunk' && wanted(one)) add(one.fileName)
  return found
}

/** Another version whenever one byte of what is kept is another. */
function versionOf(bundle: Rollup.OutputBundle, made: string[], code: string): string {
  const hash = createHash('sha256').update(code)
  for (const name of made) {
    const one = bundle[name]!
    hash.update(name).update(one.type === 'chunk' ? one.code : one.source)
  }
  for (const name of PUBLIC) hash.update(name).update(readFileSync(new URL(`public/${name}`, import.meta.url)))
  return hash.digest('hex').slice(0, 12)
}

/** Beside each text its brotli, a tenth smaller than gzip: browsers take it over HTTPS, and the server only hands it out. */
function press(): Plugin {
  return {
    name: 'press',
    apply: 'build',
    writeBundle({ dir }) {
      for (const name of readdirSync(dir!, { recursive: true }) as string[]) {
        const path = join(dir!, name)
        if (!/\.(js|css|html|svg|webmanifest)$/.test(name) || !statSync(path).isFile()) continue
        const raw = readFileSync(path)
        const pressed = brotliCompressSync(raw)
        if (pressed.length < raw.length) writeFileSync(`${path}.br`, pressed)
      }
    },
  }
}

export default defineConfig({
  base: '/app/',
  define: { __VERSION__: JSON.stringify(version) },
  build: {
    outDir: '../app',
    emptyOutDir: true,
    target: 'chrome87',
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    reportCompressedSize: false,
    rollupOptions: {
      input: { index: 'index.html', sw: 'src/sw.ts' },
      output: {
        entryFileNames: (chunk) => (chunk.name === 'sw' ? 'sw.js' : 'assets/[name]-[hash].js'),
        chunkFileNames: 'assets/[name]-[hash].js',
        assetFileNames: 'assets/[name]-[hash][extname]',
        // All that the first screen needs in one file, and all that the opened phone needs in another: on 2G each further one costs a second.
        codeSplitting: { groups: [{ name: 'shell', test: /client\/src\/app\.tsx$/ }, { name: 'unlocked', test: /client\/src\/unlocked\.ts$/ }] },
      },
    },
  },
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  plugins: [keepTheShell(), press()],
})
