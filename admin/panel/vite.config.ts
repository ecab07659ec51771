import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

export default defineConfig(({ command }) => {
  // A build that the tests start inherits their NODE_ENV, and would hold React's development version.
  if (command === 'build') process.env.NODE_ENV = 'production'
  return {
    root: import.meta.dirname,
    // Relative, so that the panel also works below a path of somebody's nginx.
    base: './',
    plugins: [react()],
    build: { outDir: '../../dist/panel', emptyOutDir: true, assetsInlineLimit: 0, modulePreload: { polyfill: false } },
    server: { proxy: { '/api': 'http://127.0.0.1:9091' } },
  }
})
