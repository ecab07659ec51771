/** Loads a package of this folder for tests elsewhere: Node looks for packages upward from the file that asks. */
export function load<Module>(name: string): Promise<Module> {
  return import(name)
}
