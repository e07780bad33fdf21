import { defineConfig } from "vite";

/** Everything is served by Tilth itself: nothing is inlined that the content security policy would refuse. */
export default defineConfig({
  build: {
    outDir: "../static",
    emptyOutDir: true,
    assetsInlineLimit: 0,
    target: "es2022",
    chunkSizeWarningLimit: 1500,
    modulePreload: { polyfill: false },
  },
  server: { proxy: { "/api": "http://127.0.0.1:8000" } },
});
