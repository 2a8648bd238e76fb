// The judge's page, built where the environment variable ORACLE_OUT says.
import { defineConfig } from 'vite'

export default defineConfig({
  root: import.meta.dirname,
  base: './',
  build: { outDir: process.env.ORACLE_OUT!, emptyOutDir: true, target: 'es2022', minify: false, rollupOptions: { input: `${import.meta.dirname}/judge.html` } },
})
