// The app's version, as package.json has it; written in by the build.
declare const __VERSION__: string
