/** Icons are imported one file at a time, which the package ships without types. */
declare module '@tabler/icons-react/dist/esm/icons/*' {
  const Icon: import('@tabler/icons-react').Icon;
  export default Icon;
}
