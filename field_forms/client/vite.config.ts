import { createHash } from 'node:crypto'
import { defineConfig, type Plugin } from 'vite'

// The worker keeps exactly what this build made: its list and its version are written into it here.
function keepTheShell(): Plugin {
  return {
    name: 'keep-the-shell',
    enforce: 'post', // after Vite has made the page itself
    generateBundle(_, bundle) {
      const files = Object.keys(bundle).filter((name) => name !== 'sw.js' && !name.endsWith('.map')).sort()
      const worker = bundle['sw.js']
      if (worker?.type !== 'chunk') throw new Error('the service worker was not built')
      const list = files.map((name) => (name === 'index.html' ? './' : name)).concat('manifest.webmanifest', 'icon.svg')
      const hash = createHash('sha256')
      for (const name of files) {
        const made = bundle[name]!
        hash.update(name).update(made.type === 'chunk' ? made.code : made.source)
      }
      worker.code = worker.code
        .replace(/["'`]__SHELL__["'`]/, () => JSON.stringify(list))
        .replace(/["'`]__BUILD__["'`]/, () => JSON.stringify(hash.update(worker.code).digest('hex').slice(0, 12)))
    },
  }
}

export default defineConfig({
  base: '/app/',
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
      },
    },
  },
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  plugins: [keepTheShell()],
})
