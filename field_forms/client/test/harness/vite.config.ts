import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vite'

export default defineConfig({
  base: '/harness/',
  publicDir: false,
  build: {
    outDir: process.env.HARNESS_OUT,
    emptyOutDir: true,
    target: 'chrome87',
    modulePreload: { polyfill: false },
    rollupOptions: {
      input: fileURLToPath(new URL('./harness.ts', import.meta.url)),
      output: { entryFileNames: 'harness.js', chunkFileNames: '[name]-[hash].js' },
    },
  },
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
})
