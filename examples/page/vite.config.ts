import { defineConfig } from 'vite';

// npx vite examples/page: opens the page beside a gateway at GATEWAY_URL, whose /graphql it passes on, WebSocket included.
const gateway = {
  '/graphql': { target: process.env['GATEWAY_URL'] ?? 'http://127.0.0.1:4000', ws: true, changeOrigin: true, rewriteWsOrigin: true },
};

// Vite reads the default export.
export default defineConfig({
  root: import.meta.dirname,
  server: { host: '127.0.0.1', proxy: gateway },
  preview: { host: '127.0.0.1', proxy: gateway },
});
