import { join } from 'node:path';
import { defineConfig } from 'vite';

const here = import.meta.dirname;

// Vite reads the default export.
export default defineConfig({
  root: here,
  base: '/graphiql/',
  worker: { format: 'es' },
  // Two copies of graphql would refuse each other's schema objects.
  resolve: { dedupe: ['graphql', 'react', 'react-dom'] },
  build: {
    outDir: join(here, '../dist/graphiql'),
    emptyOutDir: true,
    // Monaco is one large chunk by nature; the default limit of 500 kB would warn on every build.
    chunkSizeWarningLimit: 5000,
    rolldownOptions: {
      onLog(level, log, report) {
        // "use client" concerns rendering on a server; there is none here.
        if (log.code !== 'MODULE_LEVEL_DIRECTIVE') report(level, log);
      },
    },
  },
});
