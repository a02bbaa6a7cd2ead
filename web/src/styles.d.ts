// esbuild takes style sheets by import; the compiler only has to know that they exist.
declare module '*.css';
