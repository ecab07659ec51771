/**
 * What a caller may see and call: one engine for lists and calls, so that nothing that is listed is refused and nothing that is hidden can be
 * called. Scopes are looked at elsewhere; here it is the tools of a key, and the rules of the configuration. The first rule that fits decides.
 */
import { fitsAny, fitsArguments, fitsCaller, fitsTarget } from './access/fits.ts'
import { takenBy, viewOf } from './access/view.ts'
import type { Reason, Rule, Target } from './access/words.ts'
import type { Caller, Command, Json, Via, Who } from './call.ts'
import { Failure } from './errors.ts'

export interface Access {
  /** Callers of one class see the same of everything that all are offered; empty for those who see it as it is. */
  classOf(who: Who): string
  /**
   * The command as this caller sees it, or undefined where it does not exist for them.
   * @param name the URI that is asked for, where the command is a template
   */
  see(command: Command, who: Who, name?: string): Command | undefined
  /**
   * @param command as `see` gave it
   * @returns arguments that have to be added to those of the call
   * @throws Failure `invalid_arguments` where a rule refuses these
   */
  admit(command: Command, who: Who, values: Json): Json | undefined
  /** Why, in words, for whoever looks after the server. @param values none: whether it is listed */
  explain(command: Command, who: Who, values?: Json): Reason
}

export interface AccessOptions {
  /** What holds where no rule fits. */
  readonly default: 'allow' | 'deny'
  readonly rules: readonly Rule[]
}

/** Who starts the command line reads the rules, and could write them. */
const free = 'cli'
const mostClasses = 1_000

/** Whatever has a tool's own rules of who may call it: with these in the hands of rules, one mistake would lock everybody out. */
const isAdmins = ({ owner, scope }: Command): boolean => owner === 'switchyard' && scope === 'admin'

/** A key has its own patterns from whoever made it; a mistake in them locks out this key alone, so nothing is excepted. */
const isNotOf = ({ tools }: Caller, name: string): boolean => tools !== undefined && !fitsAny(tools, name)

export const everything: AccessOptions = { default: 'allow', rules: [] }

export function createAccess({ default: usual, rules }: AccessOptions): Access {
  const classes = new WeakMap<Caller, Map<Via, string>>()
  const views = new Map<string, WeakMap<Command, Command | typeof nothing>>()
  const open = rules.length === 0 && usual === 'allow'

  const about = (who: Who, target: Target): readonly Rule[] =>
    rules.filter((rule) => fitsCaller(rule, who.caller, who.via) && fitsTarget(rule, target))

  function classOf({ caller, via }: Who): string {
    if ((open && !caller.tools) || caller.id === free) return ''
    const known = classes.get(caller) ?? new Map<Via, string>()
    let name = known.get(via)
    if (name === undefined) {
      const fitting = rules.flatMap((rule, index) => (fitsCaller(rule, caller, via) ? [index] : []))
      name = JSON.stringify([fitting, caller.tools])
      classes.set(caller, known.set(via, name))
    }
    return name
  }

  /** Rules about arguments are asked when there are some; before that each of them may still fit. */
  function waysOf(who: Who, target: Target): { may: Rule[]; decides: Rule | undefined } {
    const fitting = about(who, target)
    const last = fitting.findIndex((rule) => !rule.arguments)
    const may = (last < 0 ? fitting : fitting.slice(0, last)).filter(({ effect }) => effect === 'allow')
    return { may, decides: fitting[last] }
  }

  function look(command: Command, who: Who, name: string): Command | undefined {
    if (isNotOf(who.caller, name)) return undefined
    if (isAdmins(command)) return command
    const { may, decides } = waysOf(who, { command, name })
    const allowed = (decides?.effect ?? usual) === 'allow'
    if (!allowed && may.length === 0) return undefined
    return viewOf(command, [...may, ...(allowed ? [decides] : [])])
  }

  const decide = (command: Command, who: Who, values: Json): Rule | undefined =>
    about(who, { command, name: command.name }).find((rule) => fitsArguments(rule, values))

  return {
    classOf,
    see(command, who, name = command.name) {
      const group = classOf(who)
      if (group === '') return command
      if (name !== command.name) return look(command, who, name)
      if (views.size >= mostClasses && !views.has(group)) views.clear()
      const known = views.get(group) ?? new WeakMap<Command, Command | typeof nothing>()
      views.set(group, known)
      const view = known.get(command) ?? look(command, who, name) ?? nothing
      known.set(command, view)
      return view === nothing ? undefined : view
    },
    admit(command, who, values) {
      if (command.kind !== 'tool' || command.absent || isAdmins(command) || classOf(who) === '') return undefined
      const rule = decide(command, who, values)
      if ((rule?.effect ?? usual) === 'deny') throw refusedArguments(command, rule)
      const given = givenInSpite(rule, values)
      if (given !== undefined) throw new Failure('invalid_arguments', `${command.name}: ${given} is no argument of this tool`)
      return rule?.fixed
    },
    explain(command, who, values) {
      const { caller } = who
      if (caller.id === free) return { allowed: true, text: 'whoever starts the command line may do everything' }
      if (isNotOf(caller, command.name)) return { allowed: false, text: `the tools of this key are ${caller.tools?.join(', ')}` }
      if (isAdmins(command)) return { allowed: true, text: 'no rule is asked about commands of the admin scope' }
      if (values) {
        const rule = decide(command, who, values)
        const given = givenInSpite(rule, values)
        if (given !== undefined)
          return { allowed: false, rule, text: `the rule "${rule?.name}" takes ${given} away, and it is given` }
        return inWords(rule, usual)
      }
      const { may, decides } = waysOf(who, { command, name: command.name })
      if (may.length === 0 || decides?.effect === 'allow') return inWords(decides, usual)
      const names = may.map(({ name }) => `"${name}"`).join(', ')
      return { allowed: true, rule: may[0], text: `allowed with the arguments of ${names}` }
    },
  }
}

const nothing = Symbol('nothing')

/** An argument that the rule takes away, and that is given all the same. */
const givenInSpite = (rule: Rule | undefined, values: Json): string | undefined =>
  [...takenBy(rule)].find((name) => Object.hasOwn(values, name))

function inWords(rule: Rule | undefined, usual: 'allow' | 'deny'): Reason {
  const allowed = (rule?.effect ?? usual) === 'allow'
  const does = allowed ? 'allows it' : 'denies it'
  return { allowed, rule, text: rule ? `the rule "${rule.name}" ${does}` : `no rule fits, and access.default ${does}` }
}

function refusedArguments({ name }: Command, rule: Rule | undefined): Failure {
  const about = rule?.arguments ? Object.keys(rule.arguments).join(', ') : undefined
  return new Failure(
    'invalid_arguments',
    about ? `${name}: you may not use it with this ${about}` : `${name}: you may not use it with these arguments`,
  )
}
